import type { Cell } from './measurement.js';
import { medianOf, type Results, type Row } from './results.js';

export const fixed = (value: number | undefined, digits: number): string =>
  value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
export const times = (value: number | undefined): string =>
  value === undefined ? '-' : `${fixed(value, 2)}x`;

/** A table in Markdown that can be read as it stands, too: the first column to the left, numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(3, heading.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map(
    (width, column) => '-'.repeat(width - (column === 0 ? 0 : 1)) + (column === 0 ? '' : ':'),
  );
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}

/** From here on the load's core, not the subject's, decides how many requests a second there are. */
const LOAD_LIMIT = 0.95;

const COLUMNS: readonly (readonly [heading: string, text: (row: Row) => string])[] = [
  ['requests/s', (row) => fixed(medianOf(row, 'requestsPerSecond'), 0)],
  ['CPU us', (row) => fixed(medianOf(row, 'cpuMicroseconds'), 0)],
  ['p50 ms', (row) => fixed(medianOf(row, 'p50'), 2)],
  ['p99 ms', (row) => fixed(medianOf(row, 'p99'), 2)],
  ['RSS MB', (row) => fixed(medianOf(row, 'rssMegabytes'), 0)],
  [
    'load core',
    (row) => {
      const load = medianOf(row, 'loadCore');
      return load === undefined ? '-' : `${fixed(load * 100, 0)} %${load >= LOAD_LIMIT ? ' *' : ''}`;
    },
  ],
];

/**
 * What was measured at some cells, with a line for each subject.
 *
 * @param titleOf what a line is called, under `heading`
 */
export function rowsTable(
  heading: string,
  { rows }: Results,
  titleOf: (row: Row) => string,
  cells?: readonly Cell[],
): string {
  const shown = cells === undefined ? rows : rows.filter(({ cell }) => cells.includes(cell));
  const lines = shown.map((row) => [titleOf(row), ...COLUMNS.map(([, text]) => text(row))]);
  return table([heading, ...COLUMNS.map(([name]) => name)], lines);
}

/** Above it, a machine is not quiet enough to hold anything against a change. */
const NOISE_LIMIT = 0.1;

/** Empty where the machine was quiet. */
export function noise({ foreign }: Results): string {
  if (foreign === undefined || foreign < NOISE_LIMIT) return '';
  return `Not a quiet machine: other processes took ${fixed(foreign * 100, 0)} % of a core. CPU times bear that best.`;
}

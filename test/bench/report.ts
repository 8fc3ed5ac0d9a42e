import { CELLS, cellTitle } from './measurement.js';
import { errorsOf, medianOf, verdicts, type Results, type Row } from './results.js';
import { SUBJECTS } from './subjects.js';

/** From here on the load's core, not the subject's, decides how many requests a second there are. */
const LOAD_LIMIT = 0.95;

/** Above it, a machine is not quiet enough to hold anything against a change. */
const NOISE_LIMIT = 0.1;

const HEADINGS = [
  'requests/s',
  'CPU us/req',
  'p50 ms',
  'p50 added',
  'p99 ms',
  'max ms',
  'RSS MB',
  'errors',
  'load core',
];

const fixed = (value: number | undefined, digits: number) =>
  value === undefined ? '-' : value.toFixed(digits);
const times = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(2)}x`);

function tableLine(name: string, columns: readonly string[]): string {
  return `  ${name.padEnd(34)}${columns.map((column) => column.padStart(11)).join('')}`;
}

function rowLine(results: Results, row: Row): string {
  const title = SUBJECTS.find(({ name }) => name === row.subject)!.title;
  const load = medianOf(row, 'loadCore');
  const errors = errorsOf(row);
  const added = row.subject === 'direct' ? undefined : results.addedP50(row.subject, row.cell);
  return tableLine(title, [
    fixed(medianOf(row, 'requestsPerSecond'), 0),
    fixed(medianOf(row, 'cpuMicroseconds'), 1),
    fixed(medianOf(row, 'p50'), 3),
    fixed(added, 3),
    fixed(medianOf(row, 'p99'), 3),
    fixed(Math.max(...row.rounds.map(({ max }) => max)), 1),
    fixed(medianOf(row, 'rssMegabytes'), 0),
    errors === 0 ? '0' : `${errors} (!)`,
    load === undefined ? '-' : `${(load * 100).toFixed(0)} %${load >= LOAD_LIMIT ? ' *' : ''}`,
  ]);
}

function errorLines(row: Row): string[] {
  const first = row.rounds.find(({ firstError }) => firstError !== undefined)?.firstError;
  return first === undefined ? [] : [`    invalid; the first error: ${first.replaceAll(/\r?\n/g, ' | ')}`];
}

function table(results: Results): string[] {
  return CELLS.flatMap((cell) => {
    const rows = results.rows.filter((row) => row.cell === cell);
    const lines = rows.flatMap((row) => [rowLine(results, row), ...errorLines(row)]);
    return ['', tableLine(cellTitle(cell), HEADINGS), ...lines];
  });
}

function ratios(results: Results): string[] {
  if (!results.rows.some(({ subject }) => subject === 'gateway')) return [];
  const others = SUBJECTS.filter(
    ({ name }) =>
      !['gateway', 'direct'].includes(name) && results.rows.some(({ subject }) => subject === name),
  );
  const comparisons = CELLS.flatMap((cell) =>
    others.map(({ name, title }) => {
      const speed = times(results.ratio('gateway', name, cell, 'requestsPerSecond'));
      const cpu = times(results.ratio('gateway', name, cell, 'cpuMicroseconds'));
      return `  ${cellTitle(cell).padEnd(40)}${title.padEnd(34)}${speed.padStart(11)}${cpu.padStart(11)}`;
    }),
  );
  const heading = `  ${'the gateway against'.padEnd(74)}${'requests/s'.padStart(11)}${'CPU/req'.padStart(11)}`;
  return [
    ...(others.length === 0 ? [] : ['', heading, ...comparisons]),
    '',
    ...verdicts(results).map(({ aim, ratio, met }) => {
      const word = met === undefined ? 'no valid measurement' : met ? 'met' : 'not met';
      return `aim: ${aim}: ${word}${ratio === undefined ? '' : ` (${times(ratio)})`}`;
    }),
  ];
}

function noise({ foreign }: Results): string[] {
  if (foreign === undefined || foreign < NOISE_LIMIT) return [];
  const share = `${(foreign * 100).toFixed(0)} %`;
  return [
    `Not a quiet machine: other processes took ${share} of a core from this run. CPU times bear that best; repeat it before`,
    'a verdict on requests/s or latencies is believed.',
  ];
}

export function report(results: Results): string {
  return [
    ...table(results),
    '',
    'Medians over the rounds; max is the worst of all. "p50 added" is the subject\'s p50 less that of calling upstream directly;',
    'with 32 connections it is mostly the wait behind the other 31. Absolute figures belong to this machine and this hour: only',
    'the ratios travel. "load core" is what load and upstream used of their core; * the subject could have done more.',
    ...noise(results),
    ...ratios(results),
    '',
  ].join('\n');
}

import { CELLS, type Cell, type Measurement } from './measurement.js';
import { median } from './statistics.js';

/** One subject at one cell, one measurement per round. */
export interface Row {
  readonly subject: string;
  readonly cell: Cell;
  readonly rounds: Measurement[];
}

type Figure = 'requestsPerSecond' | 'p50' | 'p99' | 'cpuMicroseconds' | 'rssMegabytes' | 'loadCore';

/** Everything measured in one run. Comparisons are made between windows of the same round: they lie next to each other in time. */
export class Results {
  readonly rows: Row[] = [];

  add(subject: string, cell: Cell, measurement: Measurement): void {
    const row = this.row(subject, cell);
    if (row === undefined) this.rows.push({ subject, cell, rounds: [measurement] });
    else row.rounds.push(measurement);
  }

  row(subject: string, cell: Cell): Row | undefined {
    return this.rows.find((row) => row.subject === subject && row.cell === cell);
  }

  /** What others took of the run's cores on average, as a share of one core; undefined when nobody knows. */
  get foreign(): number | undefined {
    const shares = this.rows.flatMap(({ rounds }) => rounds.map(({ foreign }) => foreign));
    const known = shares.filter((share) => share !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, share) => sum + share, 0) / known.length;
  }

  get valid(): boolean {
    return this.rows.every((row) => errorsOf(row) === 0);
  }

  /** Median over the rounds of one subject's figure divided by another's; undefined when either is missing or invalid. */
  ratio(subject: string, other: string, cell: Cell, figure: Figure): number | undefined {
    return this.#compare(subject, other, cell, figure, (one, two) => one / two);
  }

  /** Median over the rounds of what a subject's p50 is above that of calling upstream directly. */
  addedP50(subject: string, cell: Cell): number | undefined {
    return this.#compare(subject, 'direct', cell, 'p50', (one, two) => one - two);
  }

  #compare(
    subject: string,
    other: string,
    cell: Cell,
    figure: Figure,
    how: (a: number, b: number) => number,
  ) {
    const [row, reference] = [this.row(subject, cell), this.row(other, cell)];
    if (row === undefined || reference === undefined || errorsOf(row) + errorsOf(reference) > 0)
      return undefined;
    const values = row.rounds.map((measurement, round) => {
      const [one, two] = [measurement[figure], reference.rounds[round]?.[figure]];
      return one === undefined || two === undefined ? undefined : how(one, two);
    });
    return values.every((value) => value !== undefined) ? median(values) : undefined;
  }
}

export function errorsOf(row: Row): number {
  return row.rounds.reduce((sum, { errors }) => sum + errors, 0);
}

export function medianOf(row: Row, figure: Figure): number | undefined {
  const values = row.rounds.map((measurement) => measurement[figure]);
  return values.every((value) => value !== undefined) ? median(values) : undefined;
}

/** What the gateway is held to. */
export interface Verdict {
  readonly aim: string;
  readonly atLeast: number;
  readonly ratio: number | undefined;
  readonly met: boolean | undefined;
}

const [, ONE_ALARM, , , HUNDRED_ALARMS] = CELLS as [Cell, Cell, Cell, Cell, Cell];

const AIMS = [
  {
    aim: 'at least 3x the plain stack at 1 alarm, 32 connections',
    other: 'plain',
    cell: ONE_ALARM,
    atLeast: 3,
  },
  {
    aim: 'at least 10x the plain stack at 100 alarms, 32 connections',
    other: 'plain',
    cell: HUNDRED_ALARMS,
    atLeast: 10,
  },
  {
    aim: 'level (>= 0.9x) with http-proxy at 1 alarm, 32 connections',
    other: 'proxy',
    cell: ONE_ALARM,
    atLeast: 0.9,
  },
];

export function verdicts(results: Results): Verdict[] {
  return AIMS.map(({ aim, other, cell, atLeast }) => {
    const ratio = results.ratio('gateway', other, cell, 'requestsPerSecond');
    return { aim, atLeast, ratio, met: ratio === undefined ? undefined : ratio >= atLeast };
  });
}

import type { Cell, Measurement } from './measurement.js';
import { median } from './statistics.js';

/** One subject at one cell, one measurement per round. */
export interface Row {
  readonly subject: string;
  readonly cell: Cell;
  readonly rounds: Measurement[];
}

export type Figure = Exclude<keyof Measurement, 'firstError'>;

/** Everything measured in one section. Comparisons are made between windows of the same round: they lie next to each other in time. */
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

  /** What went wrong, a line for each row. */
  get errors(): string[] {
    return this.rows.flatMap((row) => {
      const first = row.rounds.find(({ firstError }) => firstError !== undefined)?.firstError;
      return errorsOf(row) === 0
        ? []
        : [`${row.subject}, ${row.cell.title}: ${errorsOf(row)} errors; ${first?.replaceAll(/\s+/g, ' ')}`];
    });
  }

  /** Median over the rounds; undefined when it was not measured, or with errors. */
  median(subject: string, cell: Cell, figure: Figure): number | undefined {
    const row = this.row(subject, cell);
    return row === undefined || errorsOf(row) > 0 ? undefined : medianOf(row, figure);
  }

  /** Median over the rounds of one subject's figure divided by another's; undefined when either is missing or invalid. */
  ratio(subject: string, other: string, cell: Cell, figure: Figure): number | undefined {
    const [row, reference] = [this.row(subject, cell), this.row(other, cell)];
    if (row === undefined || reference === undefined || errorsOf(row) + errorsOf(reference) > 0)
      return undefined;
    const values = row.rounds.map((measurement, round) => {
      const [one, two] = [measurement[figure], reference.rounds[round]?.[figure]];
      return one === undefined || two === undefined ? undefined : one / two;
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

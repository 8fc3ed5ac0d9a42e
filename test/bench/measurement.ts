/** What the load sends: our simplified request, or upstream's own. */
export type Dialect = 'internal' | 'upstream';

/** One combination that every subject is measured at. */
export interface Cell {
  readonly alarms: number;
  readonly connections: number;
}

export const CELLS: readonly Cell[] = [
  { alarms: 1, connections: 1 },
  { alarms: 1, connections: 32 },
  { alarms: 1, connections: 256 },
  { alarms: 100, connections: 1 },
  { alarms: 100, connections: 32 },
];

/** One measurement, as the load process is asked for it. */
export interface Job extends Cell {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly subjectPid: number;
  readonly upstreamPid: number;
  /** The cores that the run is pinned to; empty when it is not. */
  readonly cores: readonly number[];
}

/** What the load process saw. Latencies in milliseconds; what only /proc can tell is absent without it. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers other than 200, broken connections and answers that never came; warm-up included. */
  readonly errors: number;
  readonly firstError?: string;
  /** Requests answered with 200 in warm-up, window and drain together. */
  readonly answered: number;
  /** User and system time of all threads of the subject, per request. */
  readonly cpuMicroseconds?: number;
  readonly rssMegabytes?: number;
  /** Share of one core that load and upstream needed together: near 1, they are the bottleneck. */
  readonly loadCore?: number;
  /** What processes that do not belong to the run took of its cores, as a share of one core. */
  readonly foreign?: number;
}

export function cellTitle({ alarms, connections }: Cell): string {
  return `${alarms} alarm${alarms === 1 ? '' : 's'} a request, ${connections} connection${connections === 1 ? '' : 's'}`;
}

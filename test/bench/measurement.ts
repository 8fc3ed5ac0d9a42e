/** What the load sends: our simplified request, or upstream's own. */
export type Dialect = 'internal' | 'upstream';

/** One combination that subjects are measured at: acts on so many alarms each, or one reading again and again. */
export type Cell = { readonly title: string; readonly connections: number } & (
  { readonly alarms: number } | { readonly reads: string }
);

/** One measurement, as the load process is asked for it. */
export interface Job {
  readonly cell: Cell;
  /** Connections are spread over these. */
  readonly ports: readonly number[];
  /** Where acts are sent to. */
  readonly path: string;
  readonly dialect: Dialect;
  readonly headers: Readonly<Record<string, string>>;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly subjectPids: readonly number[];
  readonly databasePids: readonly number[];
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
  /** The same of a database server beside it. */
  readonly databaseMicroseconds?: number;
  readonly rssMegabytes?: number;
  /** Share of one core that load and upstream needed together: near 1, they are the bottleneck. */
  readonly loadCore?: number;
  /** What processes that do not belong to the run took of its cores, as a share of one core. */
  readonly foreign?: number;
}

const several = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export function actsCell(alarms: number, connections: number): Cell {
  return { title: `${several(alarms, 'alarm')}, ${several(connections, 'connection')}`, connections, alarms };
}

export function readingCell(reads: string, connections: number, title = reads): Cell {
  return { title: `${title}, ${several(connections, 'connection')}`, connections, reads };
}

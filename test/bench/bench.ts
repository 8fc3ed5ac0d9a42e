import type { ChildProcess } from 'node:child_process';
import type { Cores } from './cores.js';
import type { Cell, Job, Measurement } from './measurement.js';
import type { Options } from './options.js';
import { probe, upstreamState } from './probe.js';
import { Results } from './results.js';
import type { Actor, Stage } from './stage.js';
import type { Prepared, Subject } from './subjects.js';

/** Between subjects, for what waits in sockets and caches of the processor. */
export const WARM_UP_MS = 750;

/** A subject that is ready to be loaded: one process or several alike. */
export interface Contestant {
  readonly name: string;
  readonly subject: Subject;
  readonly actors: readonly Actor[];
  readonly headers: Record<string, string>;
  /** Where its calls arrive: for `direct`, itself. */
  readonly upstream: Actor;
  /** Of the database server that works for it alone. */
  databasePids?(): Promise<readonly number[]>;
}

/** How a contestant is entered, other than as one process as it comes. */
export interface EntryOptions {
  readonly name?: string;
  readonly processes?: number;
  /** `false`: wherever the system places it. */
  readonly pinned?: boolean;
  readonly databasePids?: Contestant['databasePids'];
  readonly prepared?: Prepared;
}

export interface Window {
  readonly warmUpMs?: number;
  readonly windowMs?: number;
  readonly load?: ChildProcess;
  /** Something else is asked of the subject meanwhile: neither its CPU time nor calls that reach upstream say something of this. */
  readonly isShared?: boolean;
}

/** What a section of the bench works with: an upstream, a load, and subjects that take turns. */
export class Bench {
  private constructor(
    readonly options: Options,
    readonly stage: Stage,
    readonly cores: Cores,
    readonly say: (line: string) => void,
    readonly upstream: Actor,
    private readonly load: ChildProcess,
  ) {}

  static async open(options: Options, stage: Stage, cores: Cores, say: Bench['say']): Promise<Bench> {
    const core = cores.load;
    const upstream = await stage.start({ name: 'upstream', script: 'subjects/upstream.js', core });
    const load = stage.startWorker({ name: 'load', script: 'load.js', core });
    return new Bench(options, stage, cores, say, upstream, load);
  }

  startLoad(name: string): ChildProcess {
    return this.stage.startWorker({ name, script: 'load.js', core: this.cores.load });
  }

  async enter(subject: Subject, entry: EntryOptions = {}): Promise<Contestant> {
    const { name = subject.name, processes = 1, pinned = true, databasePids } = entry;
    const core = pinned ? this.cores.subject : undefined;
    const place = { folder: this.stage.makeFolder(name), upstream: this.upstream.origin };
    const { environment, headers } = entry.prepared ?? subject.prepare(place);
    const actors: Actor[] = [];
    for (let number = 1; number <= processes; number++) {
      const { script, readyPath, flags = [] } = subject;
      const role = { name: number === 1 ? name : `${name}-${number}`, script, readyPath, flags };
      actors.push(await this.stage.start({ ...role, core, environment, node: this.options.node }));
    }
    const upstream = subject.name === 'direct' ? actors[0]! : this.upstream;
    for (const { origin } of actors) await probe(subject, headers, origin, upstream.origin);
    return { name, subject, actors, headers, upstream, ...(databasePids && { databasePids }) };
  }

  async warmUp(contestants: readonly Contestant[], cells: readonly Cell[]): Promise<void> {
    for (const contestant of contestants) {
      this.say(`warming up ${contestant.name}`);
      for (const cell of cells) {
        const window = { warmUpMs: this.options.warmUpSeconds * 1_000, windowMs: 0 };
        const { errors, firstError } = await this.measure(contestant, cell, window);
        const where = `${contestant.name}, warming up with ${cell.title}`;
        if (errors > 0) throw new Error(`${where}: ${errors} errors; the first: ${firstError}`);
      }
    }
  }

  /**
   * All stay alive and take turns at every cell, first to last and then last to first: noise that lasts longer than a window hits
   * neighbours alike. One that waits its turn does nothing.
   *
   * @param measure instead of a window of load alone
   */
  async rounds(
    contestants: readonly Contestant[],
    cells: readonly Cell[],
    measure: (contestant: Contestant, cell: Cell) => Promise<Measurement> = (...of) => this.measure(...of),
  ): Promise<Results> {
    const results = new Results();
    for (let round = 1; round <= this.options.rounds; round++) {
      const order = round % 2 === 1 ? contestants : contestants.toReversed();
      for (const cell of cells) {
        for (const contestant of order) {
          const measured = await measure(contestant, cell);
          results.add(contestant.name, cell, measured);
          const rate = measured.requestsPerSecond.toFixed(0).padStart(7);
          const errors = measured.errors === 0 ? '' : `, ${measured.errors} errors`;
          this.say(
            `round ${round}: ${cell.title.padEnd(50)} ${contestant.name.padEnd(14)} ${rate} requests/s${errors}`,
          );
        }
      }
    }
    return results;
  }

  async measure(contestant: Contestant, cell: Cell, window: Window = {}): Promise<Measurement> {
    const { subject, actors, headers, upstream } = contestant;
    const { warmUpMs = WARM_UP_MS, windowMs = this.options.seconds * 1_000, load = this.load } = window;
    const before = await upstreamState(upstream.origin);
    const measured = await this.#ask(load, {
      cell,
      ...{ path: subject.path, dialect: subject.dialect, headers, warmUpMs, windowMs },
      ports: actors.map(({ port }) => port),
      subjectPids: actors.map(({ pid }) => pid),
      databasePids: (await contestant.databasePids?.()) ?? [],
      upstreamPid: upstream.pid,
      cores: [this.cores.subject, this.cores.load].filter((core) => core !== undefined),
    });
    if (window.isShared) return withoutCpu(measured);
    if ('reads' in cell) return measured;
    const after = await upstreamState(upstream.origin);
    const calls = after.operations - before.operations;
    if (measured.errors > 0 || calls === measured.answered) return measured;
    // Answered from a cache, merged or sent twice: fast perhaps, but not the same work.
    const firstError = `${measured.answered} requests were answered, ${calls} calls reached upstream`;
    return { ...measured, errors: Math.abs(calls - measured.answered), firstError };
  }

  #ask(load: ChildProcess, job: Job): Promise<Measurement> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the load process ended; see its log'));
      load.once('exit', onExit);
      load.once('message', (measurement) => {
        load.off('exit', onExit);
        resolve(measurement as Measurement);
      });
      load.send(job);
    });
  }
}

/** Does something again and again while something else is measured. */
export async function meanwhile<T>(measuring: Promise<T>, again: () => Promise<void>): Promise<T> {
  let isMeasured = false;
  const repeat = async () => {
    while (!isMeasured) await again();
  };
  const [measured] = await Promise.all([measuring.finally(() => (isMeasured = true)), repeat()]);
  return measured;
}

function withoutCpu({ cpuMicroseconds: _, ...measured }: Measurement): Measurement {
  return measured;
}

/** How long rounds take when nothing goes wrong, in milliseconds. */
export function plannedRounds(
  { rounds, seconds, warmUpSeconds }: Options,
  subjects: number,
  cells: number,
  warmUps: number,
): number {
  const windows = cells * rounds * (WARM_UP_MS + seconds * 1_000 + 100);
  return subjects * (windows + warmUps * warmUpSeconds * 1_000 + 1_500);
}

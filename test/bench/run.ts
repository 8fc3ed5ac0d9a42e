import type { ChildProcess } from 'node:child_process';
import type { Cores } from './cores.js';
import { CELLS, cellTitle, type Cell, type Job, type Measurement } from './measurement.js';
import type { Options } from './options.js';
import { probe, upstreamState } from './probe.js';
import { Results } from './results.js';
import type { Actor, Stage } from './stage.js';
import { SUBJECTS, type Subject } from './subjects.js';

/** Before the first round, so that no subject is measured while it is still being compiled. */
const FIRST_WARM_UP_MS = 1_500;
const WARM_UP_MS = 750;
const BUSIEST: readonly Cell[] = CELLS.filter(({ connections }) => connections > 1);

/** A subject that is ready to be loaded. */
interface Contestant {
  readonly subject: Subject;
  readonly actor: Actor;
  readonly headers: Record<string, string>;
  /** Where its calls arrive: for `direct`, itself. */
  readonly upstream: Actor;
  readonly cores: readonly number[];
}

/** How long a run takes at most when nothing goes wrong. */
export function plannedMilliseconds({ subjects, rounds, seconds }: Options): number {
  const windows = CELLS.length * rounds * (WARM_UP_MS + seconds * 1_000 + 100);
  return subjects.length * (windows + BUSIEST.length * FIRST_WARM_UP_MS + 1_500);
}

export async function run(
  options: Options,
  stage: Stage,
  cores: Cores,
  say: (line: string) => void,
): Promise<Results> {
  const upstream = await stage.start({ name: 'upstream', script: 'subjects/upstream.js', core: cores.load });
  const load = stage.startWorker('load', 'load.js', cores.load);
  const contestants: Contestant[] = [];
  for (const subject of SUBJECTS.filter(({ name }) => options.subjects.includes(name))) {
    contestants.push(await enter(subject, stage, cores, upstream));
  }
  for (const contestant of contestants) {
    say(`warming up ${contestant.subject.name}`);
    for (const cell of BUSIEST) {
      const { errors, firstError } = await measure(contestant, cell, FIRST_WARM_UP_MS, 1, load, stage);
      const where = `${contestant.subject.name}, warming up with ${cellTitle(cell)}`;
      if (errors > 0) throw new Error(`${where}: ${errors} errors; the first: ${firstError}`);
    }
  }
  const results = new Results();
  for (let round = 1; round <= options.rounds; round++) {
    // All subjects stay alive and take turns at every cell, first to last and then last to first: noise that lasts
    // longer than a window hits neighbours alike. One that waits its turn does nothing.
    const order = round % 2 === 1 ? contestants : contestants.toReversed();
    for (const cell of CELLS) {
      for (const contestant of order) {
        const { name } = contestant.subject;
        const measured = await measure(contestant, cell, WARM_UP_MS, options.seconds * 1_000, load, stage);
        results.add(name, cell, measured);
        const rate = measured.requestsPerSecond.toFixed(0).padStart(7);
        const errors = measured.errors === 0 ? '' : `, ${measured.errors} errors`;
        say(`round ${round}: ${cellTitle(cell).padEnd(38)} ${name.padEnd(14)} ${rate} requests/s${errors}`);
      }
    }
  }
  return results;
}

async function enter(subject: Subject, stage: Stage, cores: Cores, upstream: Actor): Promise<Contestant> {
  const { name, script, readyPath } = subject;
  const folder = stage.makeFolder(name);
  const { environment, headers } = subject.prepare({ folder, upstream: upstream.origin });
  const actor = await stage.start({ name, script, readyPath, environment, core: cores.subject });
  const contestant = {
    subject,
    actor,
    headers,
    upstream: name === 'direct' ? actor : upstream,
    cores: [cores.subject, cores.load].filter((core) => core !== undefined),
  };
  await probe(subject, headers, actor.origin, contestant.upstream.origin);
  return contestant;
}

async function measure(
  { subject, actor, headers, upstream, cores }: Contestant,
  cell: Cell,
  warmUpMs: number,
  windowMs: number,
  load: ChildProcess,
  stage: Stage,
): Promise<Measurement> {
  const { path, dialect } = subject;
  const before = await upstreamState(upstream.origin);
  const measured = await ask(
    load,
    {
      ...cell,
      path,
      dialect,
      headers,
      cores,
      warmUpMs,
      windowMs,
      port: actor.port,
      subjectPid: actor.pid,
      upstreamPid: upstream.pid,
    },
    stage,
  );
  const after = await upstreamState(upstream.origin);
  const calls = after.operations - before.operations;
  if (measured.errors > 0 || calls === measured.answered) return measured;
  // Answered from a cache, merged or sent twice: fast perhaps, but not the same work.
  const firstError = `${measured.answered} requests were answered, ${calls} calls reached upstream`;
  return { ...measured, errors: Math.abs(calls - measured.answered), firstError };
}

function ask(load: ChildProcess, job: Job, stage: Stage): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the load process ended\n${stage.logOf('load')}`));
    load.once('exit', onExit);
    load.once('message', (measurement) => {
      load.off('exit', onExit);
      resolve(measurement as Measurement);
    });
    load.send(job);
  });
}

import { LoadConnection } from './load-connection.js';
import type { Job, Measurement } from './measurement.js';
import { FreshIds, makeBodies, makeTemplate } from './payloads.js';
import { cpuSeconds, idleSeconds, rssMegabytes } from './process-figures.js';
import { Latencies } from './statistics.js';

/**
 * The load process: a closed loop over raw sockets. It shares its core with the upstream, so what it costs is what the
 * subjects cannot be offered. Writing prepared bytes and finding the end of an answer takes about half of autocannon's CPU
 * time per request, which parses in JavaScript and cannot make ids fresh without building every body anew.
 *
 * CPU time is read here, in the same turn of the loop that opens and closes the window, and not in the main process,
 * which would learn of both later.
 */
const BODIES = 256;
const DRAIN_MS = 10_000;
/** With so many errors the row is invalid beyond doubt: go on to the next. */
const ENOUGH_ERRORS = 100;

const ids = new FreshIds();
const latencies = new Latencies();
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Made once for each dialect and size: only the head differs from subject to subject. */
const made = new Map<string, string[]>();

function bodiesFor({ dialect, alarms }: Job): string[] {
  const key = `${dialect} ${alarms}`;
  let bodies = made.get(key);
  if (bodies === undefined) {
    bodies = Array.from({ length: BODIES }, () => JSON.stringify(makeBodies(alarms)[dialect]));
    made.set(key, bodies);
  }
  return bodies;
}

async function measure(job: Job): Promise<Measurement> {
  let inWindow = false;
  let answered = 0;
  let errors = 0;
  let firstError: string | undefined;
  const listener = {
    answered(milliseconds: number) {
      answered++;
      if (inWindow) latencies.add(milliseconds);
    },
    failed(reason: string) {
      firstError ??= reason;
      if (++errors === ENOUGH_ERRORS) connections.forEach((connection) => connection.stop());
    },
  };
  const bodies = bodiesFor(job);
  const connections = Array.from({ length: job.connections }, (_, number) => {
    const own = bodies.filter((_body, index) => index % job.connections === number);
    const templates = own.map((body) => makeTemplate(job, body));
    return new LoadConnection(job.port, templates, ids, listener);
  });

  await sleep(job.warmUpMs);
  latencies.clear();
  const before = readFigures(job);
  inWindow = true;
  await sleep(job.windowMs);
  inWindow = false;
  const after = readFigures(job);
  const count = latencies.count;
  const seconds = (after.at - before.at) / 1_000;

  connections.forEach((connection) => connection.stop());
  const drain = setTimeout(() => connections.forEach((connection) => connection.abandon()), DRAIN_MS);
  await Promise.all(connections.map(({ finished }) => finished));
  clearTimeout(drain);

  const [p50, p99, max] = latencies.quantiles(0.5, 0.99, 1) as [number, number, number];
  const rss = rssMegabytes(job.subjectPid);
  return {
    requestsPerSecond: count / seconds,
    p50,
    p99,
    max,
    errors,
    answered,
    ...(firstError === undefined ? {} : { firstError }),
    ...(rss === undefined ? {} : { rssMegabytes: rss }),
    ...shares(before, after, count, seconds, job.cores.length),
  };
}

type Figures = ReturnType<typeof readFigures>;

function shares(
  before: Figures,
  after: Figures,
  count: number,
  seconds: number,
  cores: number,
): Partial<Measurement> {
  if (before.subject === undefined || after.subject === undefined) return {};
  const subject = after.subject - before.subject;
  const cpuMicroseconds = (subject / count) * 1e6;
  if (before.load === undefined || after.load === undefined) return { cpuMicroseconds };
  const load = after.load - before.load;
  const loadCore = load / seconds;
  if (before.idle === undefined || after.idle === undefined) return { cpuMicroseconds, loadCore };
  const busy = cores * seconds - (after.idle - before.idle);
  const foreign = Math.max(0, busy - subject - load) / seconds;
  return { cpuMicroseconds, loadCore, foreign };
}

function readFigures(job: Job) {
  const upstream = job.upstreamPid === job.subjectPid ? 0 : cpuSeconds(job.upstreamPid);
  const own = process.cpuUsage();
  return {
    at: performance.now(),
    subject: cpuSeconds(job.subjectPid),
    idle: idleSeconds(job.cores),
    load: upstream === undefined ? undefined : upstream + (own.user + own.system) / 1e6,
  };
}

process.on('message', (job: Job) => {
  measure(job).then(
    (measurement) => process.send!(measurement),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

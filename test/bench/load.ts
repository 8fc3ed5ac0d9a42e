import { LoadConnection } from './load-connection.js';
import type { Job, Measurement } from './measurement.js';
import { FreshIds, makeActs, makeBodies, makeReading, type Template } from './payloads.js';
import { cpuSeconds, cpuSecondsOf, idleSeconds, rssMegabytesOf } from './process-figures.js';
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

function bodiesFor({ dialect }: Job, alarms: number): string[] {
  const key = `${dialect} ${alarms}`;
  let bodies = made.get(key);
  if (bodies === undefined) {
    bodies = Array.from({ length: BODIES }, () => JSON.stringify(makeBodies(alarms)[dialect]));
    made.set(key, bodies);
  }
  return bodies;
}

/** One list for each connection. */
function templatesFor(job: Job): Template[][] {
  const { cell, headers } = job;
  const numbers = Array.from({ length: cell.connections }, (_, number) => number);
  if ('reads' in cell) return numbers.map(() => [makeReading(cell.reads, headers)]);
  const bodies = bodiesFor(job, cell.alarms);
  const shares = numbers.map((number) =>
    bodies.filter((_body, index) => index % cell.connections === number),
  );
  return shares.map((own) => own.map((body) => makeActs(job.path, headers, body)));
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
  const connections = templatesFor(job).map(
    (templates, number) =>
      new LoadConnection(job.ports[number % job.ports.length]!, templates, ids, listener),
  );

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

  if (count === 0 && job.windowMs > 0) listener.failed('nothing was answered in the window');
  const [p50, p99, max] = latencies.quantiles(0.5, 0.99, 1) as [number, number, number];
  const rss = rssMegabytesOf(job.subjectPids);
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
  // Servers start and end processes as they like: those count that were there all the time.
  const database = after.database.reduce<number>(
    (sum, end, index) => sum + ((end ?? 0) - (end === undefined ? 0 : (before.database[index] ?? end))),
    0,
  );
  const spent = {
    cpuMicroseconds: (subject / count) * 1e6,
    ...(database > 0 && { databaseMicroseconds: (database / count) * 1e6 }),
  };
  if (before.load === undefined || after.load === undefined) return spent;
  const load = after.load - before.load;
  const loadCore = load / seconds;
  if (before.idle === undefined || after.idle === undefined) return { ...spent, loadCore };
  const busy = cores * seconds - (after.idle - before.idle);
  const foreign = Math.max(0, busy - subject - database - load) / seconds;
  return { ...spent, loadCore, foreign };
}

function readFigures(job: Job) {
  const isOwnUpstream = job.subjectPids.includes(job.upstreamPid);
  const upstream = isOwnUpstream ? 0 : cpuSecondsOf([job.upstreamPid]);
  const own = process.cpuUsage();
  return {
    at: performance.now(),
    subject: cpuSecondsOf(job.subjectPids),
    database: job.databasePids.map(cpuSeconds),
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

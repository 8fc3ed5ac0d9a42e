import { setTimeout as sleep } from 'node:timers/promises';
import { plannedRounds, type Bench } from '../bench.js';
import type { Aim } from '../findings.js';
import { actsCell } from '../measurement.js';
import { cpuSecondsOf, rssMegabytesOf } from '../process-figures.js';
import type { Section } from '../sections.js';
import type { Actor } from '../stage.js';
import { median } from '../statistics.js';
import { GATEWAY } from '../subjects.js';
import { fixed, table } from '../tables.js';

/** Each takes about a second, so that more of them are made than windows of load. */
const STARTS_A_ROUND = 3;
const IDLE_MS = 30_000;
const LOAD = [actsCell(1, 32), actsCell(100, 32)];
const LOAD_WINDOW_MS = 10_000;

const BARE = {
  name: 'bare',
  script: 'subjects/bare-fastify.js',
  readyPath: '/readyz',
};

interface Start {
  readonly readyMs: number;
  readonly cpuMs: number | undefined;
}

function startOf({ pid, readyMs }: Actor): Start {
  const cpu = cpuSecondsOf([pid]);
  return { readyMs, cpuMs: cpu === undefined ? undefined : cpu * 1e3 };
}

function startBare({ stage, cores, options }: Bench): Promise<Actor> {
  return stage.start({ ...BARE, core: cores.subject, node: options.node });
}

/** With nothing sent to it yet. */
function startGateway({ stage, cores, upstream, options }: Bench, name: string): Promise<Actor> {
  const { script, flags = [], readyPath } = GATEWAY;
  const { environment } = GATEWAY.prepare({ folder: stage.makeFolder(name), upstream: upstream.origin });
  const role = { name, script, flags, readyPath, environment };
  return stage.start({ ...role, core: cores.subject, node: options.node });
}

async function starts(bench: Bench) {
  const { stage, options, say } = bench;
  const [gateway, bare]: [Start[], Start[]] = [[], []];
  for (let number = 1; number <= options.rounds * STARTS_A_ROUND; number++) {
    const simple = await startBare(bench);
    bare.push(startOf(simple));
    await stage.end(simple);
    const actor = await startGateway(bench, `start-${number}`);
    gateway.push(startOf(actor));
    await stage.end(actor);
    say(`start ${number}: ${fixed(actor.readyMs, 0)} ms, bare ${fixed(simple.readyMs, 0)} ms`);
  }
  return { gateway, bare };
}

interface Resident {
  readonly idle: number | undefined;
  readonly bareIdle: number | undefined;
  readonly loaded: number | undefined;
  readonly errors: readonly string[];
}

async function resident(bench: Bench): Promise<Resident> {
  const { stage, options, say } = bench;
  const idlers = [await startGateway(bench, 'idle'), await startBare(bench)];
  await sleep(IDLE_MS);
  const [idle, bareIdle] = idlers.map(({ pid }) => rssMegabytesOf([pid]));
  for (const idler of idlers) await stage.end(idler);
  const gateway = await bench.enter(GATEWAY);
  say(`loading the gateway for ${options.minutes} minutes`);
  const errors: string[] = [];
  const end = performance.now() + options.minutes * 60_000;
  for (let turn = 0; performance.now() < end && errors.length === 0; turn++) {
    const cell = LOAD[turn % LOAD.length]!;
    const windowMs = Math.min(LOAD_WINDOW_MS, Math.max(1_000, end - performance.now()));
    const { firstError } = await bench.measure(gateway, cell, { warmUpMs: 0, windowMs });
    if (firstError !== undefined) errors.push(firstError);
  }
  return { idle, bareIdle, loaded: rssMegabytesOf(gateway.actors.map(({ pid }) => pid)), errors };
}

/** Of starts that followed each other. */
function ratioOf(gateway: readonly Start[], bare: readonly Start[], figure: keyof Start): number | undefined {
  const ratios = gateway.map((start, index) => (start[figure] ?? NaN) / (bare[index]![figure] ?? NaN));
  return ratios.some(Number.isNaN) ? undefined : median(ratios);
}

function medianOf(all: readonly Start[], figure: keyof Start): string {
  return fixed(median(all.map((each) => each[figure] ?? NaN)), 0);
}

export const start: Section = {
  title: 'Starting, and resident memory',
  planned: (options) =>
    plannedRounds(options, 1, 0, 0) +
    options.rounds * STARTS_A_ROUND * 6_000 +
    IDLE_MS +
    options.minutes * 90_000,
  async run(bench) {
    const { gateway, bare } = await starts(bench);
    const { idle, bareIdle, loaded, errors } = await resident(bench);
    const { minutes } = bench.options;
    const headings = [
      '',
      'ready ms',
      'CPU ms until then',
      'RSS MB after 30 s idle',
      `RSS MB after ${minutes} min of load`,
    ];
    const rows = [
      [
        'the gateway',
        medianOf(gateway, 'readyMs'),
        medianOf(gateway, 'cpuMs'),
        fixed(idle, 0),
        fixed(loaded, 0),
      ],
      ['bare NestJS on Fastify', medianOf(bare, 'readyMs'), medianOf(bare, 'cpuMs'), fixed(bareIdle, 0), '-'],
    ];
    const ready = ratioOf(gateway, bare, 'readyMs');
    const megabytes = (of: string, limit: number, figure: number | undefined): Aim => ({
      ...{ of, wanted: 'at most', limit, unit: 'MB', figure },
    });
    return {
      text: table(headings, rows),
      aims: [
        { of: 'ready, to bare NestJS on Fastify', wanted: 'at most', limit: 2, unit: 'x', figure: ready },
        megabytes('resident memory, idle for 30 s', 120, idle),
        megabytes(`resident memory, after ${minutes} minutes of load`, 170, loaded),
      ],
      ratios: [
        { name: 'start: ready to bare NestJS', better: 'lower', value: ready },
        {
          name: 'start: CPU until ready to bare NestJS',
          better: 'lower',
          value: ratioOf(gateway, bare, 'cpuMs'),
        },
      ],
      errors,
      figures: { gateway, bare, idle, bareIdle, loaded },
    };
  },
};

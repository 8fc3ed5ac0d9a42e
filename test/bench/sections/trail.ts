import { once } from 'node:events';
import { plannedRounds, WARM_UP_MS, type Bench, type Contestant } from '../bench.js';
import type { Aim } from '../findings.js';
import { databaseFile } from '../gateway.js';
import { actsCell, readingCell, type Cell } from '../measurement.js';
import type { Results } from '../results.js';
import type { Section } from '../sections.js';
import { GATEWAY } from '../subjects.js';
import { fixed, noise, rowsTable } from '../tables.js';

const OPERATIONS = 200_000;
const MAX_WRITING_MS = 180_000;

const MUCH = ['/v1/operations', '/v1/operations?status=applied', '/v1/operations?operation=mark_as_handled'];
const NOTHING = [
  '/v1/operations?status=unknown',
  '/v1/operations?status=partially_applied',
  '/v1/operations?operation=isolate_and_kill',
  `/v1/operations?enterpriseProjectId=${crypto.randomUUID()}`,
  `/v1/operations?alarm=${crypto.randomUUID()}`,
];
const MAX_NOTHING_MS = 5;

const shown = (path: string) => path.replace(/=[\da-f]{8}-.*/, '={never seen}');
const ALONE = { ...actsCell(1, 8), title: 'an act, 8 connections, alone' };
const READINGS = [...MUCH, ...NOTHING].map((path) => ({
  alone: readingCell(path, 1, `GET ${shown(path)}`),
  readers: readingCell(path, 2),
  beside: { ...ALONE, title: `an act beside 2 that read ${shown(path)}` },
}));

async function write(bench: Bench, folder: string): Promise<void> {
  const startedAt = performance.now();
  const environment = { FILE: databaseFile(folder), OPERATIONS: String(OPERATIONS) };
  const { stage } = bench;
  const writer = stage.startWorker({
    name: 'writer',
    script: 'trail-writer.js',
    core: undefined,
    environment,
  });
  const [code] = (await once(writer, 'exit', { signal: AbortSignal.timeout(MAX_WRITING_MS) })) as [number];
  if (code !== 0) throw new Error(`the trail could not be written: ${stage.logOf('writer')}`);
  bench.say(`wrote ${OPERATIONS} operations in ${fixed((performance.now() - startedAt) / 1e3, 0)} s`);
}

function aimsOf(results: Results): Aim[] {
  const nothing = READINGS.slice(MUCH.length).map(({ alone }) => alone);
  return nothing.map((cell) => ({
    of: `p50 at ${OPERATIONS} operations: ${cell.title}`,
    wanted: 'at most' as const,
    limit: MAX_NOTHING_MS,
    unit: 'ms' as const,
    figure: results.median(GATEWAY.name, cell, 'p50'),
  }));
}

async function actBesideReadings(bench: Bench, gateway: Contestant): Promise<Results> {
  const load = bench.startLoad('readers');
  await bench.warmUp([gateway], [actsCell(1, 32)]);
  const besides = new Map<Cell, Cell>(READINGS.map(({ beside, readers }) => [beside, readers]));
  return bench.rounds([gateway], [ALONE, ...besides.keys()], async (_, cell) => {
    const reading = besides.get(cell);
    if (reading === undefined) return bench.measure(gateway, cell);
    // From before the acts are measured until after it.
    const windowMs = bench.options.seconds * 1_000 + 2 * WARM_UP_MS;
    const [act, { errors, firstError }] = await Promise.all([
      bench.measure(gateway, cell, { isShared: true }),
      bench.measure(gateway, reading, { warmUpMs: 0, windowMs, load }),
    ]);
    return { ...act, errors: act.errors + errors, ...(firstError !== undefined && { firstError }) };
  });
}

export const trail: Section = {
  title: '200,000 operations in the trail',
  planned: (options) => MAX_WRITING_MS + plannedRounds(options, 1, 1 + 2 * READINGS.length, 2),
  async run(bench) {
    const folder = bench.stage.makeFolder(GATEWAY.name);
    await write(bench, folder);
    const gateway = await bench.enter(GATEWAY);
    const ready = `The gateway was ready ${fixed(gateway.actors[0]!.readyMs, 0)} ms after its start.`;
    const alone = READINGS.map((reading) => reading.alone);
    // First all of these: acts make the trail longer.
    await bench.warmUp([gateway], alone.slice(0, 1));
    const readings = await bench.rounds([gateway], alone);
    const acting = await actBesideReadings(bench, gateway);
    const tables = [
      rowsTable('reading', readings, ({ cell }) => cell.title),
      rowsTable('acting', acting, ({ cell }) => cell.title),
    ];
    return {
      text: [ready, ...tables, noise(acting)].join('\n\n'),
      aims: aimsOf(readings),
      errors: [...readings.errors, ...acting.errors],
      figures: [...readings.rows, ...acting.rows],
    };
  },
};

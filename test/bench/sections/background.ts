import { meanwhile, plannedRounds, type Bench, type Contestant } from '../bench.js';
import { actsCell } from '../measurement.js';
import { makeBodies, MARKER } from '../payloads.js';
import { cpuSecondsOf } from '../process-figures.js';
import { Results } from '../results.js';
import type { Section } from '../sections.js';
import { median } from '../statistics.js';
import { GATEWAY } from '../subjects.js';
import { fixed, noise, rowsTable, table } from '../tables.js';

const ALARMS = 10_000;
/** One after the other, in one round. */
const OPERATIONS = 3;
const BUSY = actsCell(1, 32);
const ALONE = { ...actsCell(1, 1), title: '1 alarm, 1 connection, alone' };
const BESIDE = { ...ALONE, title: '1 alarm, 1 connection, beside it' };

interface Bulk {
  readonly acceptedMs: number;
  readonly doneMs: number;
  readonly cpuMilliseconds: number | undefined;
}

/** Has one operation carried out in the background, and follows it to its end. */
async function operate({ actors, headers }: Contestant, template: string): Promise<Bulk> {
  const { origin, pid } = actors[0]!;
  const body = template.replaceAll(MARKER, crypto.randomUUID().slice(0, 8));
  const cpu = cpuSecondsOf([pid]);
  const startedAt = performance.now();
  const accepted = await fetch(`${origin}/v1/operations`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body,
  });
  const receipt = await accepted.text();
  if (accepted.status !== 202)
    throw new Error(`${accepted.status}, not accepted: ${receipt.slice(0, 1_000)}`);
  const acceptedMs = performance.now() - startedAt;
  const events = await fetch(`${origin}${accepted.headers.get('location')}/events`, { headers });
  const last = (await events.text()).split('\n\n').findLast((event) => event.includes('event: end'));
  const doneMs = performance.now() - startedAt;
  if (!last?.includes('"status":"applied"')) throw new Error(`it did not end as applied: ${last}`);
  const spent = cpu === undefined ? undefined : cpuSecondsOf([pid])! - cpu;
  return { acceptedMs, doneMs, cpuMilliseconds: spent === undefined ? undefined : spent * 1e3 };
}

async function measure(bench: Bench, gateway: Contestant, template: string) {
  const results = new Results();
  const [alone, beside]: [Bulk[], Bulk[]] = [[], []];
  for (let round = 1; round <= bench.options.rounds; round++) {
    results.add(gateway.name, ALONE, await bench.measure(gateway, ALONE));
    for (let number = 1; number <= OPERATIONS; number++) alone.push(await operate(gateway, template));
    const acts = bench.measure(gateway, BESIDE, { isShared: true });
    const bulk = async () => void beside.push(await operate(gateway, template));
    results.add(gateway.name, BESIDE, await meanwhile(acts, bulk));
    bench.say(`round ${round}: ${alone.length + beside.length} operations of ${ALARMS} alarms so far`);
  }
  return { results, alone, beside };
}

function bulkRow(title: string, bulks: readonly Bulk[]): string[] {
  const cpu = bulks.map(({ cpuMilliseconds }) => cpuMilliseconds).filter((each) => each !== undefined);
  return [
    title,
    fixed(median(bulks.map(({ acceptedMs }) => acceptedMs)), 0),
    fixed(median(bulks.map(({ doneMs }) => doneMs)), 0),
    cpu.length === 0 ? '-' : fixed(median(cpu), 0),
  ];
}

export const background: Section = {
  title: '10,000 alarms in the background',
  planned: (options) => plannedRounds(options, 1, 3, 1) + options.rounds * OPERATIONS * 10_000,
  async run(bench) {
    const template = JSON.stringify(makeBodies(ALARMS).internal);
    const gateway = await bench.enter(GATEWAY);
    await bench.warmUp([gateway], [BUSY]);
    for (let number = 1; number <= OPERATIONS; number++) await operate(gateway, template);
    const { results, alone, beside } = await measure(bench, gateway, template);
    const headings = [`an operation of ${ALARMS} alarms`, 'accepted ms', 'done ms', 'CPU ms'];
    const rows = [bulkRow('alone', alone), bulkRow('beside acts of 1 alarm', beside).with(3, '-')];
    const tables = [table(headings, rows), rowsTable('an act', results, ({ cell }) => cell.title)];
    return {
      text: [...tables, noise(results)].join('\n\n'),
      aims: [],
      errors: results.errors,
      figures: { rows: results.rows, alone, beside },
    };
  },
};

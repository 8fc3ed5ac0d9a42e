import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { AuditRecord, IntentRecord, OutcomeRecord } from '../src/audit/audit-record.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, unhurried, type JsonAnswer } from './support/gateway.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

/** Callers at once, each with one operation after the other. */
const CALLERS = 40;
const OPERATIONS_A_ROUND = 1_500;
/** A process lives for so long under load, and a little longer or shorter by chance. */
const LIFE_MS = { least: 150, more: 400 };
const ROUNDS = 6;
const TYPES: readonly OperationType[] = [
  'isolate_and_kill',
  'ignore',
  'add_to_alarm_whitelist',
  'mark_as_handled',
];

/** Where an operation was when the process died. */
const MOMENTS = [
  'before its intent',
  'before it was done',
  'before its outcome was written',
  'before its answer',
  'after its answer',
] as const;
type Moment = (typeof MOMENTS)[number];
/** These are wide enough that no round misses them; the narrow ones are met by chance. */
const WIDE: readonly Moment[] = ['before its outcome was written', 'after its answer'];

interface Asked {
  readonly operation: OperationType;
  readonly alarm: NamedAlarm;
  answer?: JsonAnswer;
}

interface Effect {
  readonly operateType: string;
  readonly at: number;
}

let folder: string;
let simulator: Simulator;
let gateway: StandingGateway;
let made = 0;

const control = (method: string, path: string, body?: unknown) =>
  fetchJson(method, `${simulator.url}/__control${path}`, body, {});

beforeAll(async () => {
  folder = newFolder();
  simulator = await startSimulator({ alarms: 0 });
  await control('POST', '/settings', { recordRequests: false });
  await control('POST', '/faults', [
    { match: { path: '/event/operate' }, times: 'always', fault: { kind: 'delay', delayMs: 10 } },
  ]);
});
afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  await simulator.close();
  removeFolder(folder);
});

const start = async (): Promise<void> => {
  gateway = await standGateway({
    simulator,
    folder,
    env: { LOG_LEVEL: 'info' },
    // More is whitelisted within the hour than the brake lets pass.
    settings: { callers: [unhurried] },
    upstream: { settleQuietMs: 1_000 },
  });
};

async function makeAlarms(): Promise<Asked[]> {
  const asked = Array.from({ length: OPERATIONS_A_ROUND }, (_, index): Asked => {
    const operation = TYPES[index % TYPES.length] ?? 'ignore';
    return { operation, alarm: alarmFor(operation, made++) };
  });
  await control('POST', '/alarms', { alarms: asked.map(({ alarm }) => asAdded(alarm)) });
  return asked;
}

/** Sends operations until the process dies; answers those that were begun. */
async function loadUntilDeath(all: readonly Asked[]): Promise<Asked[]> {
  const begun: Asked[] = [];
  let next = 0;
  let alive = true;
  const caller = async (): Promise<void> => {
    while (alive && next < all.length) {
      const each = all[next++]!;
      begun.push(each);
      const { operation, alarm } = each;
      const answer = await gateway.operate({ operation, alarms: [alarm] }).catch(() => undefined);
      if (answer === undefined) alive = false;
      else each.answer = answer;
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  await sleep(LIFE_MS.least + Math.random() * LIFE_MS.more);
  gateway.signal('SIGKILL');
  expect(await gateway.exited).toBe('SIGKILL');
  await Promise.all(callers);
  return begun;
}

async function effectsByAlarm(): Promise<ReadonlyMap<string, readonly Effect[]>> {
  const { alarms } = (await control('GET', '/state?touched=true')).body as {
    alarms: { eventId: string; effects: Effect[] }[];
  };
  return new Map(alarms.map(({ eventId, effects }) => [eventId, effects]));
}

/** What the dead process had written down, by alarm: every operation here has one. */
function written(
  records: readonly AuditRecord[],
): ReadonlyMap<string, { intent: IntentRecord; outcome?: OutcomeRecord }> {
  const outcomes = new Map(
    records.flatMap((each) => (each.kind === 'outcome' ? [[each.operationId, each] as const] : [])),
  );
  return new Map(
    records.flatMap((each) => {
      if (each.kind !== 'intent') return [];
      const outcome = outcomes.get(each.operationId);
      return [[each.alarms[0] ?? '', { intent: each, ...(outcome && { outcome }) }] as const];
    }),
  );
}

async function receiptOf({ alarm }: Asked): Promise<ReceiptDto | undefined> {
  const answer = await gateway.call('GET', `/v1/operations?alarm=${alarm.eventId}&view=full`);
  const page = answer.body as { items: ReceiptDto[] };
  expect(page.items.length).toBeLessThanOrEqual(1);
  return page.items[0];
}

/** Everything untrue about one operation, in words. */
function brokenPromises(
  { operation, alarm, answer }: Asked,
  receipt: ReceiptDto | undefined,
  effects: readonly Effect[],
): string[] {
  const broken: string[] = [];
  const outcome = receipt?.alarms[0]?.outcome;
  const [first] = effects;
  if (first && !receipt) broken.push('it was done and no record of it exists');
  if (first && receipt && Date.parse(receipt.requestedAt) > first.at)
    broken.push('it was done before its intent was written');
  if (effects.length > 1 && !OPERATIONS[operation].isIdempotent)
    broken.push(`it was done ${effects.length} times`);
  if (answer && !receipt) broken.push('it was answered and no record of it exists');
  if (answer?.status === 200 && (outcome !== 'applied' || !first))
    broken.push(`it was answered as applied, and is ${outcome}`);
  if (outcome === 'applied' && !first) broken.push('it claims applied and nothing was done');
  if (first && outcome !== 'applied') broken.push(`it was done and its receipt says ${outcome}`);
  if (receipt && !['applied', 'rejected', 'not_attempted'].includes(outcome ?? ''))
    broken.push(`it ended as ${outcome}`);
  return broken.map((words) => `${operation} on ${alarm.eventId}: ${words}`);
}

describe('kill -9 under load, again and again on the same trail', () => {
  it('breaks no promise, at whatever moment of an operation it comes', async () => {
    const seen = new Set<Moment>();
    await start();
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = await loadUntilDeath(await makeAlarms());
      const { records, broken } = readTrailFile(folder);
      expect(broken).toEqual([]);
      const byAlarm = written(records);
      await start();
      const effects = await effectsByAlarm();

      for (const each of begun) {
        const { intent, outcome } = byAlarm.get(each.alarm.eventId) ?? {};
        const done = effects.has(each.alarm.eventId);
        if (each.answer) expect(outcome).toBeDefined();
        const moment = each.answer ? 4 : outcome ? 3 : done ? 2 : intent ? 1 : 0;
        seen.add(MOMENTS[moment]);
        const receipt = await eventually(
          () => receiptOf(each),
          (found) => found === undefined || found.alarms[0]?.outcome !== 'unknown',
        );
        expect(brokenPromises(each, receipt, effects.get(each.alarm.eventId) ?? [])).toEqual([]);
      }
    }
    expect([...seen]).toEqual(expect.arrayContaining([...WIDE]));
  });
});

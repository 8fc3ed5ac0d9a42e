import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { touched, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, OTHER_KEY, portal, sha256, type JsonAnswer } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** What a killed gateway left in the background goes on only where it would be accepted now. */

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const watcher = {
  id: 'watcher',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  grants: [{ rights: ['read', 'audit'], operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] }],
};
/** One host at a time: a second one engages the brake. */
const limits = { maxHostsPerHour: 1 };
const before = { callers: [{ ...portal, limits }, watcher] };
const granting = (grant: object) => ({
  callers: [{ ...portal, limits, grants: [{ ...portal.grants[0], ...grant }] }, watcher],
});

let folder: string;
let simulator: Simulator;
let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
let gateway: StandingGateway;
let made = 0;

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  cloud = {
    control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
  };
});
afterAll(() => simulator.close());
beforeEach(async () => {
  folder = newFolder();
  await cloud.control('DELETE', '/requests');
});
afterEach(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  removeFolder(folder);
  await cloud.control('DELETE', '/faults');
});

const start = async (settings: Readonly<Record<string, unknown>>): Promise<void> => {
  gateway = await standGateway({
    simulator,
    folder,
    upstream: { settleQuietMs: 1_000, verify: 'never' },
    settings,
  });
};
const arrived = async () =>
  ((await cloud.control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests.length;

interface Left {
  readonly id: string;
  readonly alarms: readonly NamedAlarm[];
}

/** Three parts, of which the first was done, and the second was under way and done when the process was killed. */
async function leaveBehind(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<Left> {
  await start(before);
  const alarms = Array.from({ length: 250 }, () => alarmFor('isolate_and_kill', made++));
  await cloud.control('POST', '/alarms', { alarms: alarms.map(asAdded) });
  await cloud.control('POST', '/faults', [
    { match: { path: OPERATE }, skip: 1, times: 1, fault: { kind: 'hang', effect: 'applied' } },
  ]);
  const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC)).body as ReceiptDto;
  await eventually(arrived, (count) => count === 2);
  await meanwhile();
  gateway.signal('SIGKILL');
  await gateway.exited;
  return { id, alarms };
}

const settled = (id: string): Promise<ReceiptDto> =>
  eventually(
    async () =>
      (await gateway.call('GET', `/v1/operations/${id}`, undefined, { key: OTHER_KEY })).body as ReceiptDto,
    ({ status, alarms }) => status !== 'pending' && alarms.every(({ outcome }) => outcome !== 'unknown'),
  );

const inParts = ({ alarms }: ReceiptDto) =>
  [alarms.slice(0, 100), alarms.slice(100, 200), alarms.slice(200)].map((part) => [
    ...new Set(part.map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`.trim())),
  ]);

async function isolated({ alarms }: Left): Promise<number> {
  const ids = new Set(alarms.map(({ eventId }) => eventId));
  return (await touched(cloud)).filter(({ eventId, effects }) => ids.has(eventId) && effects.length === 1)
    .length;
}

describe('an operation of the background whose process was killed', () => {
  it('goes on where all is as it was', async () => {
    const left = await leaveBehind();
    await start(before);
    expect(inParts(await settled(left.id))).toEqual([['applied'], ['applied'], ['applied']]);
    expect([await arrived(), await isolated(left)]).toEqual([3, 250]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['its caller is gone', { callers: [watcher] }, 'not_granted'],
    ['the operation is no longer granted', granting({ operations: ['ignore'] }), 'not_granted'],
    ['alarms of that type are no longer granted', granting({ eventTypes: [4004] }), 'not_granted'],
    ['a rail protects the files', { ...before, guardRails: { paths: ['/opt/matrix'] } }, 'guard_rail'],
  ])('sends nothing more where %s; what was under way is found out', async (_, now, code) => {
    const left = await leaveBehind();
    await start(now);
    expect(inParts(await settled(left.id))).toEqual([['applied'], ['applied'], [`not_attempted ${code}`]]);
    expect([await arrived(), await isolated(left)]).toEqual([2, 200]);
    const told = await eventually(
      () => gateway.lines().filter(({ msg }) => msg === 'an interrupted operation may not go on'),
      (lines) => lines.length > 0,
    );
    expect(told).toMatchObject([{ operationId: left.id, code }]);
  });

  it("sends nothing more where its caller's brake was engaged meanwhile", async () => {
    const left = await leaveBehind(async () => {
      const [alarm] = [alarmFor('isolate_and_kill', made++)];
      const elsewhere = { ...alarm, details: [{ ...alarm.details[0], agentId: 'another-host' }] };
      const answer = await gateway.operate({ operation: 'isolate_and_kill', alarms: [elsewhere] });
      expect(problemOf(answer).code).toBe('brake_engaged');
    });
    await start(before);
    expect(inParts(await settled(left.id))).toEqual([
      ['applied'],
      ['applied'],
      ['not_attempted brake_engaged'],
    ]);
    expect([await arrived(), await isolated(left)]).toEqual([2, 200]);
  });
});

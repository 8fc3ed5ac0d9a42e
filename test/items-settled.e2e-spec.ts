import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startRig, type Rig } from './support/gateway.js';
import { KINDS, putOnList, type Kind, type ListedItem } from './support/list-kinds.js';
import { eventually, problemOf } from './support/problems.js';

/** What is not known of a change to a list when it is answered, and is found out by reading the list. */

let rig: Rig;
let cloud: SimulatorClient;

beforeAll(async () => {
  const times = { deadlineMs: 5_000, attemptTimeoutMs: 400, settleQuietMs: 500, settleGiveUpMs: 60_000 };
  rig = await startRig({ upstream: { ...times, maxAttempts: 3, connections: 64 } });
  cloud = new SimulatorClient(rig.simulator);
});
afterAll(() => rig.close());
afterEach(() => rig.control('POST', '/reset'));

async function itemOf(kind: Kind): Promise<ListedItem> {
  await putOnList(rig.simulator, kind);
  const { items } = (await rig.call('GET', `/v1/${kind.list}`)).body as { items: ListedItem[] };
  return items[0]!;
}
const change = (kind: Kind, item: ListedItem) =>
  rig.call('POST', `/v1/${kind.route}`, { items: [item.target] });
const receipt = async (id: string) => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const acts = async ({ method, path }: Kind) =>
  (await rig.received(path)).filter((request) => request.method === method);

/** All kinds but one of the two that end at the same list. */
const apart = (left: string) => KINDS.filter(({ operation }) => operation !== left);

describe('a change that nobody answers', () => {
  it.each([
    ['applied', 'applied', 'delete_isolated_files'],
    ['none', 'rejected', 'delete_isolated_files'],
    ['applied', 'applied', 'restore_isolated_files'],
    ['none', 'rejected', 'restore_isolated_files'],
  ] as const)(
    'is unknown, and found out later: effect %s, so %s (without %s)',
    async (effect, outcome, left) => {
      await Promise.all(
        apart(left).map(async (kind) => {
          const { method, path } = kind;
          const item = await itemOf(kind);
          await cloud.addFaults({ match: { method, path }, fault: { kind: 'hang', effect } });
          const problem = problemOf(await change(kind, item));
          expect(problem).toMatchObject({ status: 504, code: 'upstream_unanswered', outcome: 'unknown' });
          const settled = await eventually(
            () => receipt(problem.operationId!),
            ({ status }) => status !== 'unknown',
          );
          expect([kind.operation, settled.items]).toEqual([
            kind.operation,
            [expect.objectContaining({ id: item.id, outcome, verified: true })],
          ]);
          expect(settled.settlement).toMatchObject({ how: 'read_back', settled: true });
          expect(await acts(kind)).toHaveLength(1);
        }),
      );
    },
  );
});

describe('what upstream is still at work on', () => {
  it('is said so, and settled when it has ended', async () => {
    await Promise.all(
      KINDS.filter(({ status }) => status !== undefined).map(async (kind) => {
        const item = await itemOf(kind);
        await cloud.change({ isolationDelayMs: 1_000 });
        const { id, items } = (await change(kind, item)).body as ReceiptDto;
        const activity = kind.operation === 'unblock_addresses' ? 'cancelling' : 'restoring';
        expect(items).toMatchObject([{ outcome: 'applied', verified: false, activity }]);
        const settled = await eventually(
          () => receipt(id),
          ({ items: now = [] }) => now[0]?.activity === undefined,
        );
        expect(settled.items).toMatchObject([{ outcome: 'applied', verified: true }]);
      }),
    );
  });
});

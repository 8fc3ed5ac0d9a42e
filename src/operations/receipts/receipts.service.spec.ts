import { setImmediate as othersTurn } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import type { IntentRecord, OperationStore } from '../../audit/index.js';
import type { Caller } from '../../domain/caller.js';
import { SystemClock } from '../../domain/times.js';
import { ReceiptsService } from './receipts.service.js';

const ID = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
const callerOf = (id: string): Caller => ({ id, grants: [] });

const intentOf = (caller: string, alarms: number): IntentRecord => ({
  ...{ kind: 'intent', operationId: ID, at: '2026-08-16T09:05:22.701Z', requestId: 'r', caller },
  scope: { project: 'prod', region: 'cn-north-4', projectId: 'p', enterpriseProjectId: '0' },
  operation: 'ignore',
  alarms: Array.from({ length: alarms }, (_, index) => `e-${index}`),
});

/** A store with one operation of a caller, in which reading it lasts until it is let go. */
function storeOf(caller: string, alarms: number) {
  const begun: (() => void)[] = [];
  const store: Partial<OperationStore> = {
    findArchived: () => Promise.resolve(undefined),
    size: () => Promise.resolve(alarms),
    page: () => Promise.resolve({ ids: [ID] }),
    find: async () => {
      await new Promise<void>((resolve) => begun.push(resolve));
      return { intent: intentOf(caller, alarms), chunks: [] };
    },
  };
  return { begun, receipts: new ReceiptsService(store as OperationStore, new SystemClock()) };
}

/** Lets all of them go, one after the other, and answers how many were read at once at most. */
async function mostAtOnce(begun: (() => void)[], readings: readonly Promise<unknown>[]): Promise<number> {
  let most = 0;
  let ended = 0;
  while (ended < readings.length) {
    await othersTurn();
    most = Math.max(most, begun.length);
    const next = begun.shift();
    if (!next) continue;
    next();
    ended += 1;
  }
  await Promise.all(readings);
  return most;
}

describe('receipts that are read at once', () => {
  it.each([
    ['one by one', 2, (receipts: ReceiptsService) => receipts.find(ID, callerOf('portal'))],
    ['their alarms', 2, (receipts: ReceiptsService) => receipts.alarms(ID, {}, callerOf('portal'))],
    ['in full pages', 2, (receipts: ReceiptsService) => receipts.list({ view: 'full' }, callerOf('portal'))],
  ])('are few of long ones for one caller: %s', async (_, expected, read) => {
    const { begun, receipts } = storeOf('portal', 3_000);
    const readings = Array.from({ length: 6 }, () => read(receipts));
    expect(await mostAtOnce(begun, readings)).toBe(expected);
  });

  it('are as many as are asked for of short ones', async () => {
    const { begun, receipts } = storeOf('portal', 3);
    const readings = Array.from({ length: 6 }, () => receipts.find(ID, callerOf('portal')));
    expect(await mostAtOnce(begun, readings)).toBe(6);
  });

  it('hold up no other caller', async () => {
    const { begun, receipts } = storeOf('portal', 3_000);
    const readings = Array.from({ length: 6 }, () => receipts.find(ID, callerOf('portal')));
    await othersTurn();
    const other = receipts.find(ID, callerOf('other'));
    await othersTurn();
    expect(begun).toHaveLength(3);
    begun.pop()?.();
    await expect(other).rejects.toMatchObject({ code: 'operation_not_found' });
    await mostAtOnce(begun, readings);
  });

  it('are made in slices, between which everybody else has a turn', async () => {
    const { begun, receipts } = storeOf('portal', 5_000);
    const reading = receipts.find(ID, callerOf('portal'));
    let turns = 0;
    let isOver = false;
    const counting = (async () => {
      while (!isOver) {
        begun.shift()?.();
        await othersTurn();
        turns += 1;
      }
    })();
    expect((await reading).outcomes).toEqual({ pending: 5_000 });
    isOver = true;
    await counting;
    expect(turns).toBeGreaterThan(10);
  });
});

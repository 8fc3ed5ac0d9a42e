import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type IntentRecord, type OperationTrail, statusOf } from '../../audit/index.js';
import { summaryOf } from '../../audit/operation-state.js';
import { ALARM_OUTCOMES, type ChunkOutcome } from '../../domain/outcome.js';
import { receiptOf, receiptSummaryOf } from './receipt.js';

const AT = '2026-08-16T09:05:22.701Z';
const IDS = Array.from({ length: 24 }, (_, index) => `e-${index}`);

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const yes = fc.constantFrom(undefined, true as const);

const intents = fc
  .record({
    onBehalfOf: some(fc.constant('jane')),
    remark: some(fc.constant('SEC-1')),
    undoes: some(fc.constant('o-0')),
    leaves: some(fc.constant(['whitelist_rules'] as const)),
    assumes: some(fc.constant(['state_before'] as const)),
    plan: some(fc.constant('p-1')),
    expiresAt: some(fc.constant(AT)),
    expired: yes,
    background: yes,
    rules: some(fc.constant(2)),
    items: some(fc.constant(IDS.map((id) => ({ id, target: { hash: id } })))),
  })
  .map((more): IntentRecord => {
    const present = Object.entries(more).filter(([, value]) => value !== undefined);
    return {
      kind: 'intent',
      operationId: 'o-1',
      at: AT,
      requestId: 'r-1',
      caller: 'portal',
      operation: 'ignore',
      scope: { project: 'p', region: 'r', projectId: 'i', enterpriseProjectId: '0', containerId: 'c' },
      alarms: more.items ? [] : IDS,
      ...Object.fromEntries(present),
    };
  });

const chunk = fc
  .tuple(fc.constantFrom(...ALARM_OUTCOMES), some(fc.nat(4)), some(fc.constantFrom(200, 400)))
  .map(([outcome, already, status]) => ({ outcome, already, status }));

const trails = fc
  .record({
    intent: intents,
    drawn: fc.array(chunk, { maxLength: 6 }),
    interrupted: yes,
    cancelled: fc.boolean(),
    settled: some(fc.boolean()),
    undoneBy: some(fc.constant(['o-2', 'o-3'])),
  })
  .map(({ intent, drawn, interrupted, cancelled, settled, undoneBy }): OperationTrail => {
    const chunks = drawn.map(({ outcome, already, status }, index): ChunkOutcome => ({
      alarms: 4,
      outcome,
      ...(already !== undefined && { already: IDS.slice(index * 4, index * 4 + already) }),
      ...(status !== undefined && { exchange: { attempts: 1, bytesSent: true, durationMs: 1, status } }),
    }));
    const { operationId } = intent;
    const isOver = chunks.length === 6;
    const end = { kind: 'outcome', operationId, at: AT, status: statusOf(chunks), chunks } as const;
    const alarms = [{ eventId: 'e-0', outcome: 'applied' as const }];
    const settlement = {
      kind: 'settlement',
      operationId,
      at: AT,
      status: 'partially_applied',
      alarms,
    } as const;
    return {
      intent,
      chunks,
      ...(isOver && { outcome: { ...end, ...(interrupted && { interrupted }) } }),
      ...(isOver && settled !== undefined && { settlements: [{ ...settlement, settled }] }),
      ...(cancelled && {
        cancellation: { kind: 'cancellation', operationId, at: AT, requestId: 'r-2', caller: 'other' },
      }),
      ...(undoneBy && { undoneBy }),
    };
  });

describe('a receipt in short', () => {
  it('says what the receipt says, and how many alarms or items came to what', () => {
    fc.assert(
      fc.property(trails, (trail) => {
        const { alarms, items, exchanges: _, ...head } = receiptOf(trail);
        const outcomes: Record<string, number> = {};
        for (const { outcome } of items ?? alarms) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        expect(receiptSummaryOf(summaryOf(trail))).toEqual({ ...head, total: IDS.length, outcomes });
      }),
    );
  });

  it('survives being kept as JSON', () => {
    fc.assert(
      fc.property(trails, (trail) => {
        const kept = JSON.parse(JSON.stringify(summaryOf(trail))) as ReturnType<typeof summaryOf>;
        expect(receiptSummaryOf(kept)).toEqual(receiptSummaryOf(summaryOf(trail)));
      }),
    );
  });
});

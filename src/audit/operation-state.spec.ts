import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ALARM_OUTCOMES, type ChunkOutcome } from '../domain/outcome.js';
import { alarmOutcomes, countsOf, outcomeCounts, statusOf, openAlarms } from './alarm-outcomes.js';
import type {
  AuditRecord,
  IntentRecord,
  OperationTrail,
  OutcomeRecord,
  RecordOfOperation,
  SettledAlarm,
  SettlementRecord,
} from './audit-record.js';
import {
  IllegalTransition,
  isGivenUp,
  isOpen,
  isResumable,
  OPERATION_STATES,
  operationStatus,
  resumePoint,
  stateOf,
  trailOf,
  transition,
} from './operation-state.js';

const AT = '2026-08-16T09:05:22.701Z';
const of = { operationId: 'o', at: AT } as const;

const intentOf = (alarms: number, more: Partial<IntentRecord> = {}): IntentRecord => ({
  kind: 'intent',
  ...of,
  requestId: 'r',
  caller: 'portal',
  operation: 'ignore',
  scope: { project: 'p', region: 'r', projectId: 'i', enterpriseProjectId: '0' },
  alarms: Array.from({ length: alarms }, (_, index) => `a${index}`),
  ...more,
});
const chunkOf = (index: number, chunk: ChunkOutcome): RecordOfOperation => ({
  kind: 'chunk',
  ...of,
  index,
  chunk,
});
const outcomeOf = (chunks: readonly ChunkOutcome[]): OutcomeRecord => ({
  kind: 'outcome',
  ...of,
  status: statusOf(chunks),
  chunks,
});
const pauseOf = (chunk: number): RecordOfOperation => ({ kind: 'pause', ...of, chunk });
const cancellation: RecordOfOperation = { kind: 'cancellation', ...of, requestId: 'r', caller: 'portal' };
const settlementOf = (settled: boolean): RecordOfOperation => ({
  kind: 'settlement',
  ...of,
  status: settled ? 'applied' : 'unknown',
  alarms: [{ eventId: 'a0', outcome: settled ? 'applied' : 'unknown' }],
  settled,
});

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => `a${from + index}`);

/** Chunks of an operation: some of their alarms are still at work, or were so before. */
const chunkLists = fc
  .array(
    fc.record({
      alarms: fc.integer({ min: 1, max: 4 }),
      outcome: fc.constantFrom(...ALARM_OUTCOMES),
      already: fc.nat(4),
      underWay: fc.nat(4),
      apart: fc.array(fc.constantFrom('applied', 'already', 'unknown'), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drawn) => {
    let place = 0;
    return drawn.map(({ alarms, outcome, already, underWay, apart }): ChunkOutcome => {
      const own = ids(place, alarms);
      place += alarms;
      const before = outcome === 'already' ? [] : own.slice(alarms - Math.min(already, alarms - 1));
      const working = outcome === 'applied' ? own.slice(0, Math.min(underWay, alarms - before.length)) : [];
      // Of a call that was refused some alarms may have been carried out.
      const others = outcome === 'rejected' ? own.slice(0, alarms - before.length - 1) : [];
      const found = others.flatMap((eventId, index) => {
        const one = apart[index];
        return one ? [{ eventId, outcome: one }] : [];
      });
      return {
        ...{ alarms, outcome },
        ...(found.length > 0 && { apart: found }),
        ...(before.length > 0 && { already: before }),
        ...(working.length > 0 && { underWay: working }),
      };
    });
  });

/**
 * Settlements of what is open, one after the other, and a last one that settles all. Each names every alarm that is unknown; of
 * those under way only some have ended.
 */
function settled(operation: OperationTrail, choices: readonly (readonly number[])[]): SettlementRecord[] {
  const settlements: SettlementRecord[] = [];
  for (const choice of [...choices, []]) {
    const alarms = [...openAlarms({ ...operation, settlements })].flatMap(
      ([eventId, open], index): SettledAlarm[] => {
        switch (choice[index % choice.length]) {
          case undefined:
          case 0:
            return [{ eventId, outcome: 'applied' }];
          case 1:
            return open === 'unknown' ? [{ eventId, outcome: 'applied', underWay: true }] : [];
          case 2:
            return open === 'unknown' ? [{ eventId, outcome: 'unknown', reason: 'indistinguishable' }] : [];
          default:
            return [{ eventId, outcome: 'unknown' }];
        }
      },
    );
    const isSettled = alarms.every(({ outcome, reason }) => outcome !== 'unknown' || reason !== undefined);
    if (alarms.length > 0)
      settlements.push({ kind: 'settlement', ...of, status: 'unknown', alarms, settled: isSettled });
  }
  return settlements;
}

/** A life of an operation as the gateway records it, up to its end. */
const lives = fc
  .record({
    chunks: chunkLists,
    background: fc.boolean(),
    pausedAt: fc.option(fc.nat(4)),
    cancelledAt: fc.option(fc.nat(9)),
    settlements: fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }), { maxLength: 3 }),
  })
  .map(({ chunks, background, pausedAt, cancelledAt, settlements }) => {
    const intent = intentOf(
      chunks.reduce((sum, { alarms }) => sum + alarms, 0),
      background ? { background } : {},
    );
    const records: RecordOfOperation[] = chunks.flatMap((chunk, index) => [
      ...(pausedAt === index ? [pauseOf(index)] : []),
      chunkOf(index, chunk),
    ]);
    const outcome = outcomeOf(chunks);
    records.push(outcome, ...settled({ intent, chunks, outcome }, settlements));
    if (cancelledAt !== null) records.splice(Math.min(cancelledAt, records.length), 0, cancellation);
    return [intent, ...records];
  });

const after = (records: readonly RecordOfOperation[]) =>
  records.reduce<OperationTrail | undefined>((operation, record) => transition(operation, record), undefined);

describe('an operation', () => {
  it('goes from state to state and never back, whatever its life and wherever it is looked at', () => {
    fc.assert(
      fc.property(lives, (records) => {
        let before = 0;
        for (let length = 1; length <= records.length; length += 1) {
          const state = stateOf(after(records.slice(0, length))!);
          const now = OPERATION_STATES.indexOf(state);
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
        expect(OPERATION_STATES[before]).toBe('settled');
      }),
    );
  });

  it('is the same whether it was followed or is read from its records', () => {
    fc.assert(
      fc.property(lives, fc.nat(20), (records, end) => {
        const some = records.slice(0, 1 + (end % records.length));
        const placed = some.map((record, index) => ({ seq: index + 7, record }));
        const { place, ...read } = trailOf(placed)!;
        expect(read).toEqual(after(some));
        const ended = some.findIndex(({ kind }) => kind === 'outcome');
        expect(place).toEqual({ began: 7, ...(ended >= 0 && { ended: ended + 7 }) });
      }),
    );
  });

  it('has one answer to each question, which its state gives', () => {
    fc.assert(
      fc.property(lives, fc.nat(20), (records, end) => {
        const operation = after(records.slice(0, 1 + (end % records.length)))!;
        const state = stateOf(operation);
        const isUnderWay = state === 'accepted' || state === 'running';
        expect(isOpen(operation)).toBe(state !== 'settled');
        expect(isUnderWay || openAlarms(operation).size > 0).toBe(state !== 'settled');
        expect(operationStatus(operation) === 'pending').toBe(isUnderWay);
        expect(resumePoint(operation) !== undefined).toBe(isUnderWay);
        expect(isResumable(operation)).toBe(isUnderWay && operation.intent.background === true);
        if (isGivenUp(operation)) expect(state).toBe('concluded');
      }),
    );
  });

  it.each<[string, RecordOfOperation[], RecordOfOperation]>([
    ['a chunk of nothing', [], chunkOf(0, { alarms: 1, outcome: 'applied' })],
    ['a second intent', [intentOf(1)], intentOf(1)],
    ['a chunk that leaves one out', [intentOf(200)], chunkOf(1, { alarms: 100, outcome: 'applied' })],
    [
      'a chunk once more',
      [intentOf(200), chunkOf(0, { alarms: 100, outcome: 'applied' })],
      chunkOf(0, { alarms: 100, outcome: 'applied' }),
    ],
    ['a settlement before the outcome', [intentOf(1)], settlementOf(true)],
    [
      'a chunk after the outcome',
      [intentOf(1), outcomeOf([])],
      chunkOf(0, { alarms: 1, outcome: 'applied' }),
    ],
    ['a pause after the outcome', [intentOf(1), outcomeOf([])], pauseOf(0)],
    ['a second outcome', [intentOf(1), outcomeOf([{ alarms: 1, outcome: 'unknown' }])], outcomeOf([])],
    [
      'a settlement of what is known',
      [intentOf(1), outcomeOf([{ alarms: 1, outcome: 'applied' }])],
      settlementOf(true),
    ],
  ])('takes no record that cannot follow: %s', (_, records, illegal) => {
    const operation = after(records);
    expect(() => transition(operation, illegal)).toThrow(IllegalTransition);
  });

  it('has as many alarms of each outcome, and as many that are open, as there are when each is looked at', () => {
    fc.assert(
      fc.property(lives, fc.nat(20), (records, length) => {
        const operation = after(records.slice(0, 1 + (length % records.length)))!;
        const each = alarmOutcomes(operation);
        expect(outcomeCounts(operation)).toEqual(countsOf(each));
        const open = each.filter(
          ({ outcome, underWay, reason }) =>
            underWay === true || (outcome === 'unknown' && reason !== 'indistinguishable'),
        );
        expect([...openAlarms(operation).keys()]).toEqual(open.map(({ eventId }) => eventId));
      }),
    );
  });

  it('is read as far as it can be where records follow that should not', () => {
    const chunk = { alarms: 1, outcome: 'applied' } as const;
    const records = [
      intentOf(1),
      outcomeOf([chunk]),
      chunkOf(0, chunk),
      settlementOf(true),
      settlementOf(false),
    ];
    const read = trailOf(records.map((record, seq) => ({ seq, record })))!;
    expect([read.chunks, read.settlements?.length, stateOf(read)]).toEqual([[chunk], 2, 'concluded']);
    expect(trailOf([{ seq: 1, record: cancellation }])).toBeUndefined();
  });

  it('is open while an earlier alarm is still under way, whatever the last settlement settled', () => {
    const chunks = [{ alarms: 2, outcome: 'unknown' }] as const;
    const settlement = (eventId: string, underWay?: true): SettlementRecord => ({
      ...{ kind: 'settlement', ...of, status: 'applied', settled: true },
      alarms: [{ eventId, outcome: 'applied', ...(underWay && { underWay }) }],
    });
    const open = after([intentOf(2), outcomeOf(chunks), settlement('a0', true), settlement('a1')])!;
    expect([stateOf(open), stateOf(transition(open, settlement('a0')))]).toEqual(['concluded', 'settled']);
  });

  it('is the same after a record of a kind that this version does not know, or a second intent', () => {
    const records = [intentOf(1), { kind: 'later', ...of }, chunkOf(0, { alarms: 1, outcome: 'applied' })];
    const placed = [...records, intentOf(9)].map((record, seq) => ({ seq, record: record as AuditRecord }));
    const known = placed.filter((_, index) => index % 2 === 0);
    expect(trailOf(placed)).toEqual(trailOf(known));
    expect(trailOf(placed)).toMatchObject({ intent: intentOf(1), place: { began: 0 } });
  });

  it('keeps its first cancellation and its last pause', () => {
    const later = { ...cancellation, caller: 'somebody-later' } as RecordOfOperation;
    const operation = after([intentOf(300), pauseOf(0), cancellation, pauseOf(1), later])!;
    expect([operation.cancellation?.caller, operation.pausedBefore]).toEqual(['portal', 1]);
  });
});

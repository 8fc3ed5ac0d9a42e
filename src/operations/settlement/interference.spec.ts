import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type OperationTrail, statusOf } from '../../audit/index.js';
import type { AlarmOutcome } from '../../domain/outcome.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import type { ObservedState } from '../../hss/index.js';
import { interferenceWith } from './interference.js';

/** Whatever the time of day says: it plays no part. */
const at = (place: number): string => new Date(1_700_000_000_000 - place * 1_000).toISOString();
let made = 0;
/** Less than lies between two of the operations below. */
const LAG_MS = 5_000;

/** An operation on the alarm, with its places in the trail; without an end it still runs. */
function operation(
  type: OperationType,
  from: number,
  to: number | undefined,
  outcome: AlarmOutcome,
  alarm = 'e-1',
): OperationTrail {
  const operationId = `op-${made++}`;
  const chunks = to === undefined ? [] : [{ alarms: 1, outcome }];
  return {
    intent: {
      kind: 'intent',
      operationId,
      at: at(from),
      requestId: 'r',
      caller: 'c',
      operation: type,
      scope: { project: 'p', region: 'r', projectId: 'id', enterpriseProjectId: '0' },
      alarms: [alarm],
    },
    chunks,
    ...(to !== undefined && {
      outcome: { kind: 'outcome', operationId, at: at(to), status: statusOf(chunks), chunks },
    }),
    place: { began: from, ...(to !== undefined && { ended: to }) },
  };
}

const own = (type: OperationType) => operation(type, 100, 110, 'unknown');
const seenOf = (mine: OperationTrail, state: ObservedState, ...others: OperationTrail[]) =>
  interferenceWith({ eventId: 'e-1', state }, mine, [mine, ...others], LAG_MS);

describe('what is seen of an alarm', () => {
  it("is nobody else's effect when nobody else acted on it", () => {
    for (const state of ['matches', 'differs'] as const) {
      expect(seenOf(own('ignore'), state)).toBe('none');
      expect(seenOf(own('ignore'), state, operation('ignore', 105, 106, 'applied', 'e-2'))).toBe('none');
    }
  });

  it.each<AlarmOutcome>(['rejected', 'not_attempted', 'already'])(
    'is not the effect of what was %s',
    (outcome) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...OPERATION_TYPE_NAMES),
          fc.constantFrom(...OPERATION_TYPE_NAMES),
          fc.integer({ min: 0, max: 200 }),
          (mine, theirs, from) => {
            const other = operation(theirs, from, from + 1, outcome);
            expect(seenOf(own(mine), 'matches', other)).toBe('none');
            expect(seenOf(own(mine), 'differs', other)).toBe('none');
          },
        ),
      );
    },
  );

  it.each<[string, OperationType, OperationType, ObservedState]>([
    ['the same, sent again', 'ignore', 'ignore', 'matches'],
    ['the same, undone', 'ignore', 'do_not_ignore', 'differs'],
    ['something else instead', 'ignore', 'mark_as_handled', 'differs'],
    ['a taking back, sent again', 'unhandle', 'unhandle', 'matches'],
    ['a taking back, and something else done', 'unhandle', 'ignore', 'matches'],
    ['a taking back, and the same done anew', 'unhandle', 'mark_as_handled', 'differs'],
  ])('may be that of a later one: %s', (_, mine, theirs, state) => {
    const other = state === 'matches' ? 'differs' : 'matches';
    for (const later of [
      operation(theirs, 120, 121, 'applied'),
      operation(theirs, 105, 106, 'applied'),
      operation(theirs, 120, undefined, 'unknown'),
      // Begun before, and nobody knows when it takes effect.
      operation(theirs, 90, 95, 'unknown'),
    ]) {
      expect(seenOf(own(mine), state, later)).toBe(later.outcome ? 'indistinguishable' : 'obscured');
      expect(seenOf(own(mine), other, later)).toBe('none');
    }
  });

  it('was so before when the last of those that ended before made it so', () => {
    const [done, undone] = [
      operation('ignore', 90, 95, 'applied'),
      operation('do_not_ignore', 96, 97, 'applied'),
    ];
    expect(seenOf(own('ignore'), 'matches', done)).toBe('stood_before');
    expect(seenOf(own('ignore'), 'matches', done, undone)).toBe('none');
    expect(seenOf(own('ignore'), 'matches', undone, done)).toBe('none');
    expect(seenOf(own('do_not_ignore'), 'matches', done)).toBe('none');
    expect(seenOf(own('do_not_ignore'), 'matches', done, undone)).toBe('stood_before');
    expect(seenOf(own('ignore'), 'differs', done)).toBe('none');
  });
});

describe('an operation on an item of a list', () => {
  const removal = (from: number, to: number, outcome: AlarmOutcome, already?: readonly string[]) => {
    const { intent, chunks, ...rest } = operation('unhandle', from, to, outcome);
    return {
      ...rest,
      intent: {
        ...intent,
        operation: 'remove_login_whitelist_entries' as const,
        alarms: [],
        items: [{ id: 'e-1', target: {} }],
      },
      chunks: chunks.map((chunk) => ({ ...chunk, ...(already && { already }) })),
    };
  };
  const gone = { eventId: 'e-1', state: 'matches' } as const;
  const before = removal(50, 60, 'applied');

  it('may have found it gone already, where the same was done before', () => {
    expect(interferenceWith(gone, removal(100, 110, 'unknown'), [before], LAG_MS)).toBe('stood_before');
  });

  it('may not have shown yet what was done just before it', () => {
    const justBefore = removal(95, 98, 'applied');
    expect(interferenceWith(gone, removal(100, 110, 'unknown', []), [justBefore], LAG_MS)).toBe(
      'indistinguishable',
    );
  });

  it('did not, where the list was read right before it and showed it there', () => {
    expect(interferenceWith(gone, removal(100, 110, 'unknown', ['e-1']), [before], LAG_MS)).toBe(
      'stood_before',
    );
    expect(interferenceWith(gone, removal(100, 110, 'unknown', []), [before], LAG_MS)).toBe('none');
    expect(interferenceWith(gone, removal(100, 110, 'unknown', ['e-2']), [before], LAG_MS)).toBe('none');
  });

  it('is obscured by the same one at the same time, and by no other', () => {
    expect(interferenceWith(gone, removal(100, 110, 'unknown'), [removal(105, 106, 'applied')], LAG_MS)).toBe(
      'indistinguishable',
    );
    expect(
      interferenceWith(
        gone,
        removal(100, 110, 'unknown'),
        [operation('unhandle', 105, 106, 'applied')],
        LAG_MS,
      ),
    ).toBe('none');
  });
});

import { describe, expect, it } from '@jest/globals';

import type { IntentRecord, OperationTrail } from '../../audit/index.js';
import type { SettlementRecord } from '../../audit/audit-record.js';
import type { ChunkOutcome } from '../../domain/outcome.js';
import { holdsOf } from './target-locks.js';

const trail = (chunks: readonly ChunkOutcome[], settlement?: Partial<SettlementRecord>): OperationTrail => ({
  intent: {
    operationId: 'op-1',
    operation: 'isolate_and_kill',
    alarms: ['a', 'b'],
  } as unknown as IntentRecord,
  chunks,
  ...(settlement && { settlements: [settlement as SettlementRecord] }),
});
const held = (operation: OperationTrail, targets: readonly string[], isQuiet = false) =>
  holdsOf(operation, new Set(targets), () => isQuiet).map(({ target, why }) => `${target} ${why}`);

describe('an earlier operation', () => {
  it('holds what it has not come to the end of, and nothing else', () => {
    expect(held(trail([]), ['b', 'c'])).toEqual(['b under_way']);
    expect(held(trail([]), ['b'], true)).toEqual(['b under_way']);
    expect(held(trail([{ alarms: 1, outcome: 'applied' }]), ['a', 'b'])).toEqual(['b under_way']);
    expect(held(trail([]), ['c'])).toEqual([]);
  });

  it.each(['applied', 'already', 'rejected', 'not_attempted'] as const)(
    'holds nothing that is %s',
    (outcome) => {
      expect(held(trail([{ alarms: 2, outcome }]), ['a', 'b'])).toEqual([]);
    },
  );

  it('holds what is in doubt until there was time for everything to show', () => {
    const unknown = trail([{ alarms: 2, outcome: 'unknown' }]);
    expect(held(unknown, ['a'])).toEqual(['a in_doubt']);
    expect(held(unknown, ['a'], true)).toEqual([]);
  });

  it('holds no longer what was settled, or can never be distinguished', () => {
    const settled = (alarm: SettlementRecord['alarms'][number]) =>
      trail([{ alarms: 2, outcome: 'unknown' }], { alarms: [alarm] });
    expect(held(settled({ eventId: 'a', outcome: 'rejected' }), ['a', 'b'])).toEqual(['b in_doubt']);
    const forGood = settled({ eventId: 'a', outcome: 'unknown', reason: 'indistinguishable' });
    expect(held(forGood, ['a', 'b'])).toEqual(['b in_doubt']);
  });
});

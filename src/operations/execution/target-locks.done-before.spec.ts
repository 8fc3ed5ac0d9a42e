import { describe, expect, it } from '@jest/globals';

import type { IntentRecord, OperationTrail } from '../../audit/index.js';
import type { OperationType } from '../../domain/operation-type.js';
import type { AlarmOutcome } from '../../domain/outcome.js';
import { doneBefore } from './target-locks.js';

const one = (began: number, operation: OperationType, outcome?: AlarmOutcome): OperationTrail => ({
  intent: { operationId: `op-${began}`, operation, alarms: ['a'] } as unknown as IntentRecord,
  chunks: outcome ? [{ alarms: 1, outcome }] : [],
  place: { began },
});
const isolated = (...earlier: readonly OperationTrail[]) => [
  ...doneBefore('isolate_and_kill', ['a', 'b'], earlier).keys(),
];

describe("the trail's last word on a target", () => {
  it.each<[AlarmOutcome | undefined, readonly string[]]>([
    ['applied', ['a']],
    ['already', ['a']],
    ['unknown', ['a']],
    ['rejected', []],
    ['not_attempted', []],
    [undefined, []],
  ])('after the same that is %s', (outcome, targets) => {
    expect(isolated(one(1, 'isolate_and_kill', outcome))).toEqual(targets);
  });

  it('is the latest of those that came to something, in whatever order they are given', () => {
    const [done, back, again] = [
      one(1, 'isolate_and_kill', 'applied'),
      one(2, 'do_not_isolate_or_kill', 'applied'),
      one(3, 'isolate_and_kill', 'applied'),
    ];
    expect(isolated(back, done)).toEqual([]);
    expect(isolated(again, back, done)).toEqual(['a']);
    expect(isolated(one(2, 'do_not_isolate_or_kill', 'rejected'), done)).toEqual(['a']);
    // It may be undone.
    expect(isolated(one(2, 'do_not_isolate_or_kill', 'unknown'), done)).toEqual([]);
  });
});

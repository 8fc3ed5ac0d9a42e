import { alarmOutcomes } from '../../../audit/alarm-outcomes.js';
import type { OperationTrail } from '../../../audit/audit-record.js';
import type { OperationName } from '../../../domain/operation-type.js';
import type { KnownAlarmOutcome } from '../../../domain/outcome.js';

/** Of these nothing came. */
const NOTHING: ReadonlySet<KnownAlarmOutcome> = new Set(['rejected', 'not_attempted', 'pending']);

/**
 * Targets of which the trail's last word is that the same was done to them, or may have been, and when that was written down, in
 * epoch milliseconds.
 *
 * @param earlier operations on them, in any order
 */
export function doneBefore(
  operation: OperationName,
  targets: readonly string[],
  earlier: readonly OperationTrail[],
): ReadonlyMap<string, number> {
  const wanted = new Set(targets);
  const last = new Map<string, OperationTrail>();
  for (const trail of [...earlier].sort((one, another) => placeOf(one) - placeOf(another))) {
    for (const { eventId, outcome } of alarmOutcomes(trail)) {
      if (wanted.has(eventId) && !NOTHING.has(outcome)) last.set(eventId, trail);
    }
  }
  const same = [...last].filter(([, { intent }]) => intent.operation === operation);
  return new Map(same.map(([target, { intent, outcome }]) => [target, Date.parse(outcome?.at ?? intent.at)]));
}

function placeOf({ place }: OperationTrail): number {
  return place?.began ?? 0;
}

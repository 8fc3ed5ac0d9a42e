import type { AlarmOutcome } from '../domain/outcome.js';
import type { OperationTrail } from './audit-record.js';
import { targetsOf } from './targets.js';

/** What is known now of one alarm of an operation, or of one item. */
export interface KnownOutcome {
  /** The item's id, where the operation acts on items. */
  readonly eventId: string;
  readonly outcome: AlarmOutcome;
  /** Whether upstream's state was read to know it. */
  readonly verified: boolean;
  /** Code of the fault of its chunk. */
  readonly reason?: string;
}

/** Each alarm of an operation in the order of the request: as the exchange left it, or as it was settled later. */
export function alarmOutcomes({ intent, chunks, settlements = [] }: OperationTrail): KnownOutcome[] {
  const settled = new Map(
    settlements.flatMap(({ alarms }) => alarms.map(({ eventId, outcome }) => [eventId, outcome])),
  );
  const targets = targetsOf(intent);
  const known: KnownOutcome[] = [];
  for (const { alarms, outcome, fault, verified = false } of chunks) {
    for (const eventId of targets.slice(known.length, known.length + alarms)) {
      const later = settled.get(eventId);
      if (later !== undefined && later !== 'unknown') known.push({ eventId, outcome: later, verified: true });
      else known.push({ eventId, outcome, verified, ...(fault && { reason: fault.code }) });
    }
  }
  // Past the known chunks an alarm may be under way at this moment, so nothing is claimed of it.
  for (const eventId of targets.slice(known.length))
    known.push({ eventId, outcome: 'unknown', verified: false });
  return known;
}

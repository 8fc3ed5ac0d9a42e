import type { ChunkOutcome, KnownAlarmOutcome } from '../domain/outcome.js';
import type { OperationTrail } from './audit-record.js';
import { targetsOf } from './targets.js';

/** What is known now of one alarm of an operation, or of one item. */
export interface KnownOutcome {
  /** The item's id, where the operation acts on items. */
  readonly eventId: string;
  readonly outcome: KnownAlarmOutcome;
  /** Whether upstream's state was read to know it. */
  readonly verified: boolean;
  /** Upstream took it and is still at work on it. */
  readonly underWay?: true;
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
  for (const chunk of chunks) {
    for (const eventId of targets.slice(known.length, known.length + chunk.alarms)) {
      const later = settled.get(eventId);
      known.push(
        later === undefined || later === 'unknown'
          ? asLeft(eventId, chunk, later)
          : { eventId, outcome: later, verified: true },
      );
    }
  }
  // Past the known chunks an alarm may be under way at this moment: not even that bytes were sent is claimed of it.
  for (const eventId of targets.slice(known.length))
    known.push({ eventId, outcome: 'pending', verified: false });
  return known;
}

/** What the exchange left, or nothing where it was looked up since and could not be found out. */
function asLeft(eventId: string, chunk: ChunkOutcome, later: 'unknown' | undefined): KnownOutcome {
  const { fault, verified = false, already = [], underWay = [] } = chunk;
  if (already.includes(eventId)) return { eventId, outcome: 'already', verified: true };
  const reason = fault && { reason: fault.code };
  if (later !== undefined) return { eventId, outcome: later, verified: false, ...reason };
  return {
    eventId,
    outcome: chunk.outcome,
    verified: typeof verified === 'boolean' ? verified : verified.includes(eventId),
    ...(underWay.includes(eventId) && { underWay: true }),
    ...reason,
  };
}

import type { SeenAlarm } from '../domain/seen-alarm.js';
import type { OperationTrail } from './audit-record.js';

/** What the records of an operation say was listed of its alarms, by event id; undefined: none was read. */
export function seenAlarms({
  intent,
  chunks,
  settlements = [],
}: Pick<OperationTrail, 'intent' | 'chunks' | 'settlements'>): ReadonlyMap<string, SeenAlarm> | undefined {
  if (!intent.seen && settlements.length === 0 && !chunks.some((chunk) => chunk.seen)) return undefined;
  const seen = new Map<string, SeenAlarm>();
  for (const { alarms } of settlements)
    for (const alarm of alarms) if (alarm.seen) seen.set(alarm.eventId, alarm.seen);
  for (const { seen: read = [] } of chunks)
    for (const { eventId, ...alarm } of read) seen.set(eventId, alarm);
  for (const [index, alarm] of (intent.seen ?? []).entries())
    if (alarm) seen.set(intent.alarms[index] ?? '', alarm);
  return seen;
}

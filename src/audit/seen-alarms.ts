import type { SeenAlarm } from '../domain/seen-alarm.js';
import type { OperationTrail } from './audit-record.js';

/** What the records of an operation say was listed of its alarms, by event id; undefined: none was read. */
export function seenAlarms({
  intent,
  chunks,
}: Pick<OperationTrail, 'intent' | 'chunks'>): ReadonlyMap<string, SeenAlarm> | undefined {
  if (!intent.seen && !chunks.some((chunk) => chunk.seen)) return undefined;
  const seen = new Map<string, SeenAlarm>();
  for (const { seen: read = [] } of chunks)
    for (const { eventId, ...alarm } of read) seen.set(eventId, alarm);
  for (const [index, alarm] of (intent.seen ?? []).entries())
    if (alarm) seen.set(intent.alarms[index] ?? '', alarm);
  return seen;
}

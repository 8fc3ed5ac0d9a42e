import type { IntentRecord } from './audit-record.js';

/** What an operation acts on, in the order of the request: event ids, or ids of items of one of upstream's lists. */
export function targetsOf({ alarms, items }: Pick<IntentRecord, 'alarms' | 'items'>): readonly string[] {
  return items ? items.map(({ id }) => id) : alarms;
}

import { sql, type RawBuilder } from 'kysely';

import { alarmToken } from './alarm-token.js';
import type { DialectName } from './audit.engine.js';

/** A query for the ids of the operations that name an alarm, over the index of the engine. */
export function withAlarm(dialect: DialectName, eventId: string): RawBuilder<string> {
  const token = alarmToken(eventId);
  return dialect === 'postgres'
    ? sql`(SELECT operation_id FROM operation_alarms WHERE tokens @> ARRAY[${token}])`
    : sql`(SELECT audit_record.operation_id FROM alarm_index
           JOIN audit_record ON audit_record.seq = alarm_index.rowid WHERE alarm_index MATCH ${`"${token}"`})`;
}

import { sql, type RawBuilder } from 'kysely';

import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../domain/operation-name.js';
import { alarmToken } from './alarm-token.js';
import type { DialectName } from './audit.engine.js';
import type { IntentRecord } from './audit-record.js';

/** Types that do more when they are done twice. */
const NOT_REPEATABLE = OPERATION_NAMES.filter((name) => !OPERATIONS[name].isIdempotent);

/** The types of which an earlier operation matters to one: where twice is as good as once, only the same. */
function rivalTypes(operation: OperationName): readonly OperationName[] {
  return OPERATIONS[operation].isIdempotent ? [operation] : NOT_REPEATABLE;
}

/** Of operations that have ended, so many, the latest first; those that are open are all there. */
const MAX_ENDED = 100;

/**
 * A query for the ids of operations of types that matter to an operation, which name one of some targets, and whose intents stand
 * before its own in the trail.
 */
export function earlierRivals(
  dialect: DialectName,
  { operationId, operation }: Pick<IntentRecord, 'operationId' | 'operation'>,
  targets: readonly string[],
): RawBuilder<{ id: string; open: number; seq: number }> {
  const tokens = targets.map(alarmToken);
  const types = sql.join(rivalTypes(operation));
  const own = sql`(SELECT seq FROM audit_record WHERE operation_id = ${operationId} AND kind = 'intent')`;
  const order = sql`ORDER BY open DESC, seq DESC LIMIT ${sql.lit(MAX_ENDED)}`;
  if (dialect === 'postgres') {
    const matching = sql`SELECT operation.id, open, seq FROM operation
      JOIN operation_alarms ON operation_alarms.operation_id = operation.id
      JOIN audit_record ON audit_record.operation_id = operation.id AND kind = 'intent'
      WHERE tokens && ARRAY[${sql.join(tokens)}]::text[] AND type IN (${types}) AND seq < ${own}`;
    return sql`(${matching} AND open = 1) UNION (${matching} ${order})`;
  }
  // What is found in the index stands at an intent's place.
  const matching = sql`SELECT operation.id, open, seq FROM alarm_index
    JOIN audit_record ON audit_record.seq = alarm_index.rowid
    JOIN operation ON operation.id = audit_record.operation_id
    WHERE alarm_index MATCH ${tokens.map((token) => `"${token}"`).join(' OR ')} AND alarm_index.rowid < ${own}
      AND type IN (${types})`;
  return sql`SELECT * FROM (${matching} AND open = 1) UNION SELECT * FROM (${matching} ${order})`;
}

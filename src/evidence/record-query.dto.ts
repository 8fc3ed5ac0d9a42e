import { RECORD_KINDS } from '../audit/index.js';
import { OPERATION_NAMES } from '../domain/operation-type.js';
import { KNOWN_OUTCOMES, OPERATION_STATUSES } from '../domain/outcome.js';
import {
  Last,
  Limit,
  Moment,
  PageCursor,
  SEVERITY,
  Words,
  wordOf,
  type WordRule,
} from '../lists/filter-fields.js';
import { readPlace } from '../operations/receipts/receipt-page.js';
import { Formed, Text } from '../validation/fields.js';

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CODE: WordRule = {
  form: 'of codes, lower-case words of 1 to 64 characters with _ between',
  schema: { type: 'string', pattern: '^[a-z0-9_]{1,64}$' },
  isText: (text) => /^[a-z0-9_]{1,64}$/.test(text),
};

/** Of operations and of alarms alike; nothing is `pending` in a record. */
const RECORDED_OUTCOMES = [...new Set([...KNOWN_OUTCOMES, ...OPERATION_STATUSES])].filter(
  (outcome) => outcome !== 'pending',
);

/** Which records to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class RecordQueryDto {
  /**
   * Only records of these kinds.
   * @example ['intent', 'outcome']
   */
  @Words(wordOf(RECORD_KINDS))
  kind?: string | string[];

  /**
   * Only what this caller did or was refused, operations of it with all their records, and its brake.
   * @example 'chat-bot'
   */
  @Text(1, 64, { optional: true })
  caller?: string;

  /**
   * Only what was done on behalf of this human, operations with all their records.
   * @example 'jane.doe@example.com'
   */
  @Text(1, 128, { optional: true })
  onBehalfOf?: string;

  /**
   * Only records of this operation.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @Formed(UUID, 'the id of an operation: a UUID in lower case', { optional: true })
  operationId?: string;

  /**
   * Only records of these operation types.
   * @example ['isolate_and_kill']
   */
  @Words(wordOf(OPERATION_NAMES))
  operation?: string | string[];

  /**
   * Only records about this host: its id, its name in upper or lower case, or one of its addresses, as far as the request says it or it
   * was read of an alarm.
   * @example 'app-server-15'
   */
  @Text(1, 256, { optional: true })
  host?: string;

  /**
   * Only records about the host of this agent.
   * @example 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8'
   */
  @Text(1, 256, { optional: true })
  agentId?: string;

  /**
   * Only records of operations on this alarm (event id), or on the item of this id: the newest 1,000 operations.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64, { optional: true })
  alarm?: string;

  /**
   * Only records of operations on an alarm that was read to be of one of these.
   * @example ['High', 'Critical']
   */
  @Words(SEVERITY)
  severity?: string | string[];

  /**
   * Only results among which is one of these: of an alarm, or the status of the operation.
   * @example ['unknown', 'rejected']
   */
  @Words(wordOf(RECORDED_OUTCOMES))
  outcome?: string | string[];

  /**
   * Only refusals with one of these codes, summaries that count one, and results with it as the reason.
   * @example ['not_granted']
   */
  @Words(CODE)
  code?: string | string[];

  /**
   * Recorded at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment()
  from?: string;

  /**
   * Recorded at this time or earlier.
   * @example '2026-08-16T23:59:59.999Z'
   */
  @Moment()
  to?: string;

  /**
   * Recorded within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Last()
  last?: string;

  /**
   * How many to list at most. A page ends early when it grows beyond 1 MiB.
   * @example 20
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'NDgxMg'
   */
  @PageCursor((value) => readPlace(value) !== undefined)
  cursor?: string;
}

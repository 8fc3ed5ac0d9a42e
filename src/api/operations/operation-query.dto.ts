import { OPERATION_NAMES, type OperationName } from '../../domain/operation-name.js';
import { OPERATION_STATUSES, type OperationStatus } from '../../domain/outcome.js';
import { Checked, OneOf, Text } from '../../http/validation/fields.js';
import { isTime } from './expiry-rules.js';
import { readCursor } from './cursor.js';

export const DEFAULT_LIMIT = 50;

const isLimit = (value: unknown) =>
  typeof value === 'string' && /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 500;

function Time(): PropertyDecorator {
  const schema = { type: 'string', format: 'date-time' } as const;
  return Checked('time', isTime, 'must be an RFC 3339 time', schema, { optional: true });
}

/** Which receipts to list; every part narrows. As it travels: every value is a string. */
export class OperationQueryDto {
  /**
   * Operations of this caller, or of every one with `*`, where you have the right to audit; your own id is always allowed. Left out:
   * of every one where you have that right, else your own.
   * @example 'chat-bot'
   */
  @Text(1, 64, { optional: true })
  caller?: string;

  /**
   * Only this operation.
   * @example 'isolate_and_kill'
   */
  @OneOf(OPERATION_NAMES, { optional: true })
  operation?: OperationName;

  /**
   * Only this status.
   * @example 'unknown'
   */
  @OneOf(OPERATION_STATUSES, { optional: true })
  status?: OperationStatus;

  /**
   * Only this project.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Only operations on this alarm (event id), or on the item of this id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64, { optional: true })
  alarm?: string;

  /**
   * Requested at or after this RFC 3339 time.
   * @example '2026-08-16T00:00:00Z'
   */
  @Time()
  from?: string;

  /**
   * Requested before this RFC 3339 time.
   * @example '2026-08-17T00:00:00Z'
   */
  @Time()
  to?: string;

  /**
   * How many to list at most.
   * @example 20
   */
  @Checked(
    'integer',
    isLimit,
    'must be a whole number from 1 to 500',
    { type: 'integer', minimum: 1, maximum: 500, default: DEFAULT_LIMIT },
    { optional: true },
  )
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'AZjF8nwlfUGMO15venub-A'
   */
  @Checked(
    'cursor',
    (value) => readCursor(value) !== undefined,
    'must be the nextCursor of an earlier page',
    { type: 'string' },
    { optional: true },
  )
  cursor?: string;
}

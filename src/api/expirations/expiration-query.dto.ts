import { Checked, OneOf } from '../../http/validation/fields.js';
import { readCursor } from './expiration-cursor.js';
import { EXPIRATION_STATES, type ExpirationState } from './expiration.dto.js';

export const DEFAULT_LIMIT = 50;

const isLimit = (value: unknown) =>
  typeof value === 'string' && /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 500;

/** Which expirations to list; every part narrows. As it travels: every value is a string. */
export class ExpirationQueryDto {
  /**
   * Only this state.
   * @example 'scheduled'
   */
  @OneOf(EXPIRATION_STATES, { optional: true })
  state?: ExpirationState;

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
   * @example 'WzE4MDEzNTM2MDAwMDAsIjAxOThjNWYyIl0'
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

import type { Expiry, ExpiryFilter } from '../../audit/expiry.store.js';
import { invalidRequest } from '../../http/problem.js';
import { Checked, OneOf } from '../../http/validation/fields.js';
import { report, type Violation } from '../../http/validation/report.js';
import { EXPIRATION_STATES, type ExpirationState } from './expiration.dto.js';

const DEFAULT_LIMIT = 50;

type Place = Pick<Expiry, 'expiresAt' | 'operationId'>;

const isLimit = (value: unknown) =>
  typeof value === 'string' && /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 500;

export function cursorAfter({ expiresAt, operationId }: Place): string {
  return Buffer.from(JSON.stringify([expiresAt, operationId])).toString('base64url');
}

function readCursor(value: unknown): Place | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    const [expiresAt, operationId] = Array.isArray(parts) ? (parts as unknown[]) : [];
    if (typeof operationId !== 'string' || !Number.isSafeInteger(expiresAt)) return undefined;
    const place = { expiresAt: expiresAt as number, operationId };
    return cursorAfter(place) === value ? place : undefined;
  } catch {
    return undefined;
  }
}

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

/** Everything wrong with a query string. */
export function queryViolations(query: unknown): Violation[] {
  return report(ExpirationQueryDto, query).map(({ pointer, ...violation }) => ({
    parameter: pointer?.slice(1) ?? '',
    ...violation,
  }));
}

/** The filter and page that a query string asks for. @throws Problem 400 */
export function readQuery(query: unknown): { filter: Omit<ExpiryFilter, 'caller'>; limit: number } {
  const violations = queryViolations(query);
  if (violations.length > 0) throw invalidRequest(violations);
  const { state, limit, cursor } = query as ExpirationQueryDto;
  const after = readCursor(cursor);
  const filter = {
    ...(state !== undefined && { end: state === 'scheduled' ? null : state }),
    ...(after && { after }),
  };
  return { filter, limit: limit === undefined ? DEFAULT_LIMIT : Number(limit) };
}

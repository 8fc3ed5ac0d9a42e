import type { IncomingMessage } from 'node:http';

import type { Caller } from '../domain/caller.js';
import { refuse } from '../problems/catalogue.js';

/** Header by which a caller asks for less time than the gateway would take. */
export const DEADLINE_HEADER = 'x-deadline-ms';

/** Less is no time for even one attempt. */
const MIN_DEADLINE_MS = 300;

/**
 * Until when a request may take, by the monotonic clock: as long as the gateway is configured for, or less where the caller
 * asks for less; asking for more changes nothing.
 *
 * @throws Problem 400
 */
export function deadlineOf(asked: string | string[] | undefined, receivedAt: number, maxMs: number): number {
  if (asked === undefined) return receivedAt + maxMs;
  const milliseconds = typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  if (milliseconds < MIN_DEADLINE_MS) {
    throw refuse('invalid_deadline', { minMs: MIN_DEADLINE_MS, maxMs });
  }
  return receivedAt + Math.min(milliseconds, maxMs);
}

const RESPOND_ASYNC = /^\s*respond-async\s*(?:;.*)?$/i;

/** Whether the caller prefers not to wait (RFC 7240); unknown preferences are ignored. */
export function prefersNotToWait({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): boolean {
  const preferences = (headersDistinct['prefer'] ?? []).flatMap((value) => value.split(','));
  return preferences.some((preference) => RESPOND_ASYNC.test(preference));
}

const IDEMPOTENCY_KEY = 'idempotency-key';
const KEY_FORM = /^[\x20-\x7e]{1,255}$/;

/** The key under which a request may be sent again without its being carried out again, if it has one. @throws Problem 400 */
export function idempotencyKeyOf(
  message: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): string | undefined {
  if (message.headers[IDEMPOTENCY_KEY] === undefined) return undefined;
  const [key, ...more] = message.headersDistinct[IDEMPOTENCY_KEY] ?? [];
  if (key !== undefined && more.length === 0 && KEY_FORM.test(key)) return key;
  throw refuse('invalid_idempotency_key');
}

const ON_BEHALF_OF = 'x-on-behalf-of';

/** An account name or a mail address, say: it is written into records as it is. */
const PERSON_FORM = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/**
 * The human that a caller says is behind its request, if it says so.
 *
 * @throws Problem 403 for a caller that may not, 400 for what is no name
 */
export function onBehalfOf(message: IncomingMessage, caller: Caller): string | undefined {
  if (message.headers[ON_BEHALF_OF] === undefined) return undefined;
  if (caller.onBehalfOf !== true) {
    throw refuse('on_behalf_not_allowed', { caller: caller.id });
  }
  const [name, ...more] = message.headersDistinct[ON_BEHALF_OF] ?? [];
  if (name !== undefined && more.length === 0 && PERSON_FORM.test(name)) return name;
  throw refuse('invalid_on_behalf_of');
}

import type { IncomingMessage } from 'node:http';

import type { Caller } from '../../domain/caller.js';
import { refuse } from '../../problems/catalogue.js';

const NAME = 'x-on-behalf-of';

/** An account name or a mail address, say: it is written into records as it is. */
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/**
 * The human that a caller says is behind its request, if it says so.
 *
 * @throws Problem 403 for a caller that may not, 400 for what is no name
 */
export function onBehalfOf(message: IncomingMessage, caller: Caller): string | undefined {
  if (message.headers[NAME] === undefined) return undefined;
  if (caller.onBehalfOf !== true) {
    throw refuse('on_behalf_not_allowed', { caller: caller.id });
  }
  const [name, ...more] = message.headersDistinct[NAME] ?? [];
  if (name !== undefined && more.length === 0 && PRINTABLE.test(name)) return name;
  throw refuse('invalid_on_behalf_of');
}

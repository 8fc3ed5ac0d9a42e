import type { IncomingMessage } from 'node:http';

import type { Caller } from '../../domain/caller.js';
import { Problem } from '../../problems/problem.js';

export const ON_BEHALF_OF = 'X-On-Behalf-Of';
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
    const detail = `Caller ${caller.id} may not name somebody else with ${ON_BEHALF_OF}. Nothing was done.`;
    throw new Problem(403, 'on_behalf_not_allowed', detail);
  }
  const [name, ...more] = message.headersDistinct[NAME] ?? [];
  if (name !== undefined && more.length === 0 && PRINTABLE.test(name)) return name;
  throw new Problem(
    400,
    'invalid_on_behalf_of',
    `${ON_BEHALF_OF} must be given once, as 1 to 128 printable ASCII characters, the first and the last not a space.`,
  );
}

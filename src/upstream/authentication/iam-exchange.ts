import type { Clock } from '../../domain/clock.js';
import { classify, saidIn, TOKEN_CREATED, type Reading } from '../classify.js';
import type { Answer, Exchange, Transport, WireRequest } from '../transport.js';
import { errorRow, faultOf, NOT_A_TOKEN, UNREADABLE, type ErrorRow } from '../error-table.js';
import { TOKEN_UNAVAILABLE } from '../error-table.js';
import { AuthenticationError } from './authenticator.js';
import { readToken, type ExpectedScope, type IamToken } from './token-request.js';

export const IAM_TIMEOUT_MS = 5_000;
export const MAX_IAM_ANSWER_BYTES = 262_144;

/** One request for a token. */
export interface TokenRequest {
  /** IAM's origin. */
  readonly origin: string;
  readonly body: string;
  /** The token that the request itself is made with, for an agency. */
  readonly baseToken?: string;
  readonly expected: ExpectedScope;
  /** What no message of IAM's may repeat in the log. */
  readonly secrets: readonly string[];
}

/** IAM did not take the token that a request for another token was made with. */
export class BaseTokenRejected extends AuthenticationError {}

/** `POST /v3/auth/tokens` (contract 3.1). @throws AuthenticationError */
export async function requestToken(
  request: TokenRequest,
  transport: Transport,
  clock: Clock,
): Promise<IamToken> {
  const askedAt = clock.monotonic();
  const exchange = await transport.exchange(wireOf(request));
  const reading = classify(exchange, TOKEN_CREATED, request.secrets);
  if (!reading.ok) throw failureOf(reading, request.baseToken !== undefined, exchange);
  const token = readToken(exchange as Answer, request.expected, askedAt, clock);
  if ('value' in token) return token;
  const words = `IAM gives a token that ${token.why}`;
  const more = { words, ...(token.facts && { facts: token.facts }) };
  throw new AuthenticationError(faultOf(NOT_A_TOKEN, requestIdOf(reading)), 'unusable', more);
}

function wireOf({ origin, body, baseToken }: TokenRequest): WireRequest {
  return {
    origin,
    method: 'POST',
    target: '/v3/auth/tokens?nocatalog=true',
    headers: {
      'Content-Type': 'application/json;charset=utf8',
      ...(baseToken !== undefined && { 'X-Auth-Token': baseToken }),
    },
    body,
    timeoutMs: IAM_TIMEOUT_MS,
    maxAnswerBytes: MAX_IAM_ANSWER_BYTES,
  };
}

function failureOf(
  reading: Extract<Reading, { ok: false }>,
  hadBaseToken: boolean,
  exchange: Exchange,
): AuthenticationError {
  const { row, retryAfterMs } = reading;
  // What IAM says to people may name the account: it is for the log, not for callers.
  const { message, ...said } = saidIn(reading);
  const cause = exchange.reached === 'answered' ? { status: exchange.status } : { cause: exchange.cause };
  const facts = { ...cause, ...(message !== undefined && { iamMessage: message }) };
  if (row === UNREADABLE) {
    const words = 'IAM answers a login with something that is no token';
    return new AuthenticationError(faultOf(NOT_A_TOKEN, said), 'unusable', { words, facts });
  }
  const fault = faultOf(shown(row), said);
  if (hadBaseToken && row.verdict === 'unauthenticated')
    return new BaseTokenRejected(fault, 'refused', { facts });
  if (row.verdict === 'throttled') {
    const words = 'IAM has too many logins at the moment: they are not repeated for a while';
    return new AuthenticationError(fault, 'throttled', {
      words,
      facts,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  return new AuthenticationError(fault, isRefusal(row) ? 'refused' : 'unavailable', { facts });
}

function isRefusal({ verdict }: ErrorRow): boolean {
  return verdict === 'refused' || verdict === 'unauthenticated';
}

/** Whatever IAM says to a login, the caller's own request never left the gateway: only these tell more than that. */
function shown(row: ErrorRow): ErrorRow {
  if (row.code === 'upstream_account_locked' || row.verdict === 'throttled') return row;
  return isRefusal(row) ? errorRow('APIGW.0301', 401) : TOKEN_UNAVAILABLE;
}

function requestIdOf({ requestId }: Reading): { requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}

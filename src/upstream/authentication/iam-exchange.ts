import type { Clock } from '../../domain/clock.js';
import { classify, type Reading } from '../classify.js';
import type { Answer, Transport, WireRequest } from '../transport.js';
import { errorRow, faultOf, NOT_A_TOKEN, type ErrorRow } from '../upstream.errors.js';
import { TOKEN_UNAVAILABLE } from './authentication.errors.js';
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
}

/** IAM did not take the token that a request for another token was made with. */
export class BaseTokenRejected extends AuthenticationError {}

/** `POST /v3/auth/tokens` (contract 3.1). @throws AuthenticationError */
export async function requestToken(
  request: TokenRequest,
  transport: Transport,
  clock: Clock,
): Promise<IamToken> {
  const exchange = await transport.exchange(wireOf(request));
  const reading = classify(exchange, 201, clock.now());
  if (!reading.ok) throw failureOf(reading, request.baseToken !== undefined);
  const token = readToken(exchange as Answer, request.expected, clock);
  if (token) return token;
  throw new AuthenticationError(faultOf(NOT_A_TOKEN, requestIdOf(reading)));
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

function failureOf(reading: Extract<Reading, { ok: false }>, hadBaseToken: boolean): AuthenticationError {
  const { row, upstreamCode: code, retryAfterMs } = reading;
  const fault = faultOf(shown(row), { ...(code !== undefined && { code }), ...requestIdOf(reading) });
  if (hadBaseToken && row.verdict === 'unauthenticated') return new BaseTokenRejected(fault, true);
  if (row.verdict === 'throttled') return new AuthenticationError(fault, false, retryAfterMs ?? 0);
  return new AuthenticationError(fault, isRefusal(row));
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

import type { AgencyConfig, PasswordCredentials, ProjectConfig } from '../../config/config.js';
import type { Clock } from '../../domain/times.js';
import { classify, TOKEN_CREATED, type Reading } from '../classify.js';
import {
  AUTHENTICATION,
  faultOf,
  NOT_A_TOKEN,
  TOKEN_UNAVAILABLE,
  UNREADABLE,
  type ErrorRow,
} from '../error-table.js';
import { header, type Answer, type Exchange, type Transport, type WireRequest } from '../transport.js';
import { AuthenticationError } from './authenticator.js';
import { isWord, lifeOf, memberIn, unusable, type Unusable } from './credential-answer.js';

/** An IAM that is slow is waited for as long as a request still has time afterwards: who waits shares one login. */
export const IAM_TIMEOUT_MS = 8_000;
export const MAX_IAM_ANSWER_BYTES = 262_144;

/** One request for a token. */
interface TokenRequest {
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
  throw unusable(NOT_A_TOKEN, 'IAM gives a token', token, reading.said);
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
  const { row, said: all, retryAfterMs } = reading;
  // What IAM says to people may name the account: it is for the log, not for callers.
  const { message: iamMessage, ...said } = all;
  const cause = exchange.reached === 'answered' ? { status: exchange.status } : { cause: exchange.cause };
  const facts = { ...cause, ...(iamMessage !== undefined && { iamMessage }) };
  if (row === UNREADABLE) {
    const message = 'IAM answers a login with something that is no token';
    return new AuthenticationError(faultOf(NOT_A_TOKEN, said), 'unusable', { message, facts });
  }
  const fault = faultOf(shown(row), said);
  if (hadBaseToken && row.verdict === 'unauthenticated')
    return new BaseTokenRejected(fault, 'refused', { facts });
  if (row.verdict === 'throttled') {
    const message = 'IAM has too many logins at the moment: they are not repeated for a while';
    const wait = retryAfterMs !== undefined && { retryAfterMs };
    return new AuthenticationError(fault, 'throttled', { message, facts, ...wait });
  }
  return new AuthenticationError(fault, isRefusal(row) ? 'refused' : 'unavailable', { facts });
}

function isRefusal({ verdict }: ErrorRow): boolean {
  return verdict === 'refused' || verdict === 'unauthenticated';
}

/** In every case the caller's own request never left the gateway: only these rows say more than that. */
function shown(row: ErrorRow): ErrorRow {
  if (row.code === 'upstream_account_locked' || row.verdict === 'throttled') return row;
  return isRefusal(row) ? AUTHENTICATION : TOKEN_UNAVAILABLE;
}

/** A token of IAM's. */
export interface IamToken {
  readonly value: string;
  /** By the monotonic clock, in milliseconds. */
  readonly expiresAt: number;
  /** What it is good for; absent when that is an account. */
  readonly projectId?: string;
}

/** What a token must be good for to be kept: exactly what was asked for. */
export type ExpectedScope =
  | { readonly project: { readonly id: string } | { readonly name: string } }
  | { readonly domain: { readonly name: string } };

/** A project's id, or the region's name where none is configured: that addresses the region's own project (contract 3.2). */
export function scopeOf({ projectId, region }: ProjectConfig): ExpectedScope {
  return { project: projectId === undefined ? { name: region } : { id: projectId } };
}

/** The body that asks for a token by password (contract 3.1.1 to 3.1.3). */
export function passwordBody(
  { domainName, userName }: PasswordCredentials,
  password: string,
  scope: ExpectedScope,
): string {
  const user = { name: userName, password, domain: { name: domainName } };
  return JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } });
}

/** The body that asks for an agency's token, to be sent with a token of the user's own (contract 3.1.5). */
export function agencyBody({ name, domainName }: AgencyConfig, scope: ExpectedScope): string {
  const identity = {
    methods: ['assume_role'],
    assume_role: { domain_name: domainName, agency_name: name },
  };
  return JSON.stringify({ auth: { identity, scope } });
}

interface TokenAnswer {
  readonly expires_at?: unknown;
  readonly issued_at?: unknown;
  readonly project?: { readonly id?: unknown; readonly name?: unknown };
  readonly domain?: { readonly name?: unknown };
}

/**
 * The answer's token, where it is what was asked for; anything else is never kept, never sent on.
 *
 * @param askedAt when it was asked for, by the monotonic clock: it lives from then on at most
 */
function readToken(
  answer: Answer,
  expected: ExpectedScope,
  askedAt: number,
  clock: Clock,
): IamToken | Unusable {
  const value = header(answer, 'x-subject-token');
  const token = memberIn<TokenAnswer>(answer.body, 'token');
  if (!token || !isWord(value)) return { why: 'is none' };
  if (!isGoodFor(token, expected)) return { why: 'is for something else than was asked for' };
  const { issued_at: issuedAt, expires_at: expiresAt } = token;
  const life = lifeOf({ expiresAt, issuedAt, answeredAt: header(answer, 'date') }, clock);
  if ('why' in life) return life;
  const lives = { value, expiresAt: askedAt + life.ms };
  if (!('project' in expected)) return lives;
  const projectId = token.project?.id;
  return isProjectId(projectId) ? { ...lives, projectId } : { why: 'names a project whose id is none' };
}

/** It becomes part of a path. */
export function isProjectId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(value);
}

function isGoodFor({ project, domain }: TokenAnswer, expected: ExpectedScope): boolean {
  if ('domain' in expected) return domain?.name === expected.domain.name;
  return 'id' in expected.project
    ? project?.id === expected.project.id
    : project?.name === expected.project.name;
}

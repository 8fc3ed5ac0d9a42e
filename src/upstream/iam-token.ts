import type { PasswordCredentials, ProjectConfig } from '../config/config.js';
import type { Clock } from '../domain/clock.js';
import type { Fault } from '../domain/outcome.js';
import { classify, header } from './classify.js';
import type { Answer, Transport, WireRequest } from './transport.js';
import { errorRow, faultOf, NOT_A_TOKEN, type ErrorRow } from './upstream.errors.js';

/** A project-scoped IAM token. */
export interface Token {
  readonly value: string;
  /** Counts the tokens of one cache, so that a replay can tell whether the token it failed with is still the newest. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The token could not be had; nothing was sent to HSS. */
export class TokenError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.code);
  }
}

const EXCHANGE_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 262_144;
/** Longest token upstream documents (contract 3.1). */
const MAX_TOKEN_LENGTH = 32_768;
/** A token this close to its end is not used any more: the request it goes with takes time too. */
const UNUSABLE_BEFORE_EXPIRY_MS = 30_000;
/** The share of its life after which a token is renewed in the background, and the jitter on top. */
const REFRESH_AFTER = 0.8;
const REFRESH_JITTER = 0.1;
/**
 * How long a refused login is not repeated. IAM locks an account after three to ten failures in 15 to 60 minutes (contract
 * 3.1.9), so the second refusal must already slow us down a lot: four logins in the first hour.
 */
const REFUSED_WAITS_MS = [5_000, 300_000, 1_200_000, 3_600_000] as const;

/** The body of `POST /v3/auth/tokens` for a password, scoped to one project (contract 3.1.2). */
export function passwordTokenBody(credentials: PasswordCredentials, projectId: string): string {
  const { domainName, userName, password } = credentials;
  const user = { name: userName, password, domain: { name: domainName } };
  return JSON.stringify({
    auth: { identity: { methods: ['password'], password: { user } }, scope: { project: { id: projectId } } },
  });
}

/** The answer's token, or undefined when it is not what was asked for: never kept, never sent on. */
function readToken(
  answer: Answer,
  projectId: string,
  now: number,
): { value: string; expiresAt: number } | undefined {
  const value = header(answer, 'x-subject-token');
  if (value === undefined || value.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(value))
    return undefined;
  try {
    const { token } = JSON.parse(answer.body) as {
      token?: { expires_at?: unknown; project?: { id?: unknown } };
    };
    const expiresAt = Date.parse(String(token?.expires_at));
    const fits = token?.project?.id === projectId && expiresAt > now;
    return fits ? { value, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the token of one project: one exchange at a time however many wait, renewed in the background before it expires,
 * never overwritten by an older one, and not asked for again at once after a refusal. The key is the project's whole
 * configuration: one cache belongs to one project and is thrown away with it.
 */
export class TokenCache {
  #token: Token | undefined;
  #exchange: Promise<Token> | undefined;
  #generation = 0;
  #refreshAt = 0;
  #refusals = 0;
  #refused: { fault: Fault; until: number } | undefined;

  constructor(
    private readonly project: ProjectConfig,
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /** The token to use now. @throws TokenError */
  async get(): Promise<Token> {
    const now = this.clock.now();
    const token = this.#token;
    if (token && token.expiresAt - now > UNUSABLE_BEFORE_EXPIRY_MS) {
      if (now >= this.#refreshAt) this.#refreshInBackground(now);
      return token;
    }
    return this.#renew(now);
  }

  /** Whether a token is at hand or could be asked for now. */
  get available(): boolean {
    return this.#refused === undefined || this.#refused.until <= this.clock.now();
  }

  /** Upstream did not take this token: forget it, unless a newer one is already here. */
  reject(token: Token): void {
    if (this.#token?.generation === token.generation) this.#token = undefined;
  }

  #refreshInBackground(now: number): void {
    // Should it fail, the old token goes on serving and the next request tries again a little later.
    this.#refreshAt = now + EXCHANGE_TIMEOUT_MS;
    this.#renew(now).catch(() => undefined);
  }

  #renew(now: number): Promise<Token> {
    if (this.#refused && this.#refused.until > now) {
      const retryAfter = Math.ceil((this.#refused.until - now) / 1_000);
      return Promise.reject(new TokenError({ ...this.#refused.fault, retryAfter }));
    }
    this.#exchange ??= this.#ask().finally(() => {
      this.#exchange = undefined;
    });
    return this.#exchange;
  }

  async #ask(): Promise<Token> {
    const generation = ++this.#generation;
    const exchange = await this.transport.exchange(this.#request());
    const now = this.clock.now();
    const reading = classify(exchange, 201, now);
    if (!reading.ok) {
      throw this.#failure(reading.row, reading.upstreamCode, reading.requestId, reading.retryAfterMs);
    }
    const read =
      exchange.reached === 'answered' ? readToken(exchange, this.project.projectId, now) : undefined;
    if (!read) throw this.#failure(NOT_A_TOKEN, undefined, reading.requestId);
    this.#refused = undefined;
    this.#refusals = 0;
    const token: Token = { ...read, generation };
    if (!this.#token || this.#token.generation < generation) {
      this.#token = token;
      const life = read.expiresAt - now;
      this.#refreshAt = now + life * (REFRESH_AFTER + REFRESH_JITTER * this.random());
    }
    return token;
  }

  #request(): WireRequest {
    return {
      origin: this.project.iamEndpoint,
      method: 'POST',
      target: '/v3/auth/tokens?nocatalog=true',
      headers: { 'content-type': 'application/json;charset=utf8' },
      body: passwordTokenBody(this.project.credentials, this.project.projectId),
      timeoutMs: EXCHANGE_TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    };
  }

  #failure(row: ErrorRow, code?: string, requestId?: string, retryAfterMs?: number): TokenError {
    const upstream = { ...(code !== undefined && { code }), ...(requestId !== undefined && { requestId }) };
    const refusal = row.verdict === 'refused' || row.verdict === 'unauthenticated';
    // Whatever IAM says to a login, the caller's own request never left the gateway.
    const known =
      row.code === 'upstream_account_locked' || row.verdict === 'throttled' || row === NOT_A_TOKEN;
    const shown = known ? row : refusal ? errorRow('APIGW.0301', 401) : IAM_UNAVAILABLE;
    const wait = this.#waitAfter(row, refusal, retryAfterMs);
    const fault = faultOf(shown, upstream, wait === 0 ? undefined : Math.ceil(wait / 1_000));
    if (wait > 0) this.#refused = { fault, until: this.clock.now() + wait };
    return new TokenError(fault);
  }

  /** Milliseconds during which IAM is not asked again; 0 when the next request may try at once. */
  #waitAfter(row: ErrorRow, refusal: boolean, retryAfterMs = 0): number {
    if (row.verdict === 'throttled') return Math.max(retryAfterMs, REFUSED_WAITS_MS[0]);
    if (!refusal) return 0;
    const step = Math.min(this.#refusals++, REFUSED_WAITS_MS.length - 1);
    return REFUSED_WAITS_MS[step] ?? REFUSED_WAITS_MS[0];
  }
}

export const IAM_UNAVAILABLE: ErrorRow = {
  verdict: 'not_done',
  code: 'upstream_token_unavailable',
  status: 503,
  detail: 'The gateway could not get a token from IAM, so the request was not sent. Nothing was done.',
  retryable: true,
};

import type { Clock } from '../../domain/clock.js';
import type { Answer, Exchange, WireRequest } from '../transport.js';
import { faultOf } from '../upstream.errors.js';
import { METADATA_UNAVAILABLE } from './authentication.errors.js';
import { AuthenticationError, type Renewal } from './authenticator.js';
import { ExpiringValue, type Expiring, type Kept } from './expiring-value.js';
import { KeySource } from './key-source.js';
import type { AccessKey } from './signer.js';
import type { Surroundings } from './surroundings.js';

const TOKEN_PATH = '/meta-data/latest/api/token';
const KEY_PATH = '/openstack/latest/securitykey';
const TOKEN_SECONDS = '21600';
const TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 65_536;
/** What an older service, one without tokens, answers to the request for one. */
const NO_TOKENS: ReadonlySet<number> = new Set([404, 405, 503]);
const REFRESH_BEFORE_EXPIRY_MS = 600_000;
const REFRESH_JITTER_MS = 60_000;
/** A key that is already near its end when it is handed out is not asked for with every request. */
const REFRESH_AT_MOST_EVERY_MS = 60_000;

type TemporaryKey = Required<AccessKey> & Expiring;

/** The temporary access key of the server that the gateway runs on, from its metadata service (contract 3.4). */
export class MetadataKey extends KeySource {
  readonly #key: ExpiringValue<TemporaryKey>;
  #token: string | undefined;

  /** @param endpoint the service's origin */
  constructor(
    private readonly endpoint: string,
    private readonly surroundings: Surroundings,
  ) {
    super();
    const { clock, random } = surroundings;
    const refreshAt = ({ expiresAt }: TemporaryKey, now: number) => {
      const ahead = REFRESH_BEFORE_EXPIRY_MS + random() * REFRESH_JITTER_MS;
      return Math.max(expiresAt - ahead, now + REFRESH_AT_MOST_EVERY_MS);
    };
    this.#key = new ExpiringValue({ fetch: () => this.#fetch(), refreshAt }, clock);
  }

  get(deadlineAt: number): Promise<Kept<AccessKey>> {
    return this.#key.get(deadlineAt);
  }

  accept(generation: number): void {
    this.#key.accept(generation);
  }

  reject(generation: number): Promise<Renewal> {
    return Promise.resolve(this.#key.reject(generation));
  }

  get current(): AccessKey | undefined {
    return this.#key.current;
  }

  async #fetch(): Promise<TemporaryKey> {
    this.#token ??= await this.#newToken();
    let answer = await this.#askForKey();
    if (answer.reached === 'answered' && answer.status === 401) {
      this.#token = await this.#newToken();
      answer = await this.#askForKey();
    }
    const key =
      answer.reached === 'answered' && answer.status === 200
        ? readKey(answer.body, this.surroundings.clock)
        : undefined;
    if (!key) throw this.#unavailable(answer, 'access key');
    return key;
  }

  /** Undefined from a service that knows no tokens. */
  async #newToken(): Promise<string | undefined> {
    const answer = await this.#ask('PUT', TOKEN_PATH, { 'X-Metadata-Token-Ttl-Seconds': TOKEN_SECONDS });
    if (answer.reached === 'answered') {
      if (NO_TOKENS.has(answer.status)) return undefined;
      const token = answer.body.trim();
      if (answer.status === 200 && isWord(token)) return token;
    }
    throw this.#unavailable(answer, 'token');
  }

  #askForKey(): Promise<Exchange> {
    return this.#ask('GET', KEY_PATH, this.#token === undefined ? {} : { 'X-Metadata-Token': this.#token });
  }

  #ask(method: 'GET' | 'PUT', target: string, headers: WireRequest['headers']): Promise<Exchange> {
    return this.surroundings.transport.exchange({
      origin: this.endpoint,
      method,
      target,
      headers,
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  }

  #unavailable(answer: Exchange, what: string): AuthenticationError {
    const got = answer.reached === 'answered' ? { status: answer.status } : { cause: answer.cause };
    this.surroundings.log.warn(got, `the metadata service gave no usable ${what}`);
    return new AuthenticationError(faultOf(METADATA_UNAVAILABLE, {}));
  }
}

/** The key of an answer, or undefined when it can't be used. */
function readKey(body: Answer['body'], clock: Clock): TemporaryKey | undefined {
  try {
    const { credential } = JSON.parse(body) as { credential?: Record<string, unknown> };
    const { access: ak, secret: sk, securitytoken: securityToken, expires_at } = credential ?? {};
    const lifeMs = Date.parse(String(expires_at)) - clock.now();
    const usable = isWord(ak) && isWord(sk) && isWord(securityToken) && lifeMs > 0;
    return usable ? { ak, sk, securityToken, expiresAt: clock.monotonic() + lifeMs } : undefined;
  } catch {
    return undefined;
  }
}

/** It becomes a header, or part of one. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,32768}$/.test(value);
}

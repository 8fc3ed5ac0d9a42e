import type { Clock } from '../../domain/times.js';
import { faultOf, METADATA_UNAVAILABLE } from '../error-table.js';
import { header, type Answer, type Exchange, type WireRequest } from '../transport.js';
import { AuthenticationError, type AuthDependencies } from './authenticator.js';
import { isWord, lifeOf, memberIn, unusable, type Unusable } from './credential-answer.js';
import { ExpiringValue, type Expiring } from './expiring-value.js';
import type { AccessKey } from './access-key.js';

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
export class MetadataKey extends ExpiringValue<TemporaryKey> {
  #token: string | undefined;

  /**
   * @param endpoint the service's origin
   * @param project name of the project that it is for
   */
  constructor(
    private readonly endpoint: string,
    project: string,
    private readonly dependencies: AuthDependencies,
  ) {
    const refreshAt = ({ expiresAt }: TemporaryKey, now: number) => {
      const ahead = REFRESH_BEFORE_EXPIRY_MS + dependencies.random() * REFRESH_JITTER_MS;
      return Math.max(expiresAt - ahead, now + REFRESH_AT_MOST_EVERY_MS);
    };
    const failure = 'the metadata service gives no access key';
    super({ fetch: () => this.#fetchKey(), refreshAt, owner: { project }, failure }, dependencies);
  }

  async #fetchKey(): Promise<TemporaryKey> {
    const askedAt = this.dependencies.clock.monotonic();
    this.#token ??= await this.#newToken();
    let answer = await this.#askForKey();
    if (answer.reached === 'answered' && answer.status === 401) {
      this.#token = await this.#newToken();
      answer = await this.#askForKey();
    }
    if (answer.reached !== 'answered' || answer.status !== 200) throw unavailable(answer);
    const key = readKey(answer, askedAt, this.dependencies.clock);
    if ('ak' in key) return key;
    throw unusable(METADATA_UNAVAILABLE, 'the metadata service gives an access key', key);
  }

  /** Undefined from a service that knows no tokens. */
  async #newToken(): Promise<string | undefined> {
    const answer = await this.#ask('PUT', TOKEN_PATH, { 'X-Metadata-Token-Ttl-Seconds': TOKEN_SECONDS });
    if (answer.reached === 'answered') {
      if (NO_TOKENS.has(answer.status)) return undefined;
      const token = answer.body.trim();
      if (answer.status === 200 && isWord(token)) return token;
    }
    throw unavailable(answer);
  }

  #askForKey(): Promise<Exchange> {
    return this.#ask('GET', KEY_PATH, this.#token === undefined ? {} : { 'X-Metadata-Token': this.#token });
  }

  #ask(method: 'GET' | 'PUT', target: string, headers: WireRequest['headers']): Promise<Exchange> {
    return this.dependencies.transport.exchange({
      origin: this.endpoint,
      method,
      target,
      headers,
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  }
}

function unavailable(answer: Exchange): AuthenticationError {
  const facts = answer.reached === 'answered' ? { status: answer.status } : { cause: answer.cause };
  return new AuthenticationError(faultOf(METADATA_UNAVAILABLE), 'unavailable', { facts });
}

/** The key of an answer, or why it cannot be used. */
function readKey(answer: Answer, askedAt: number, clock: Clock): TemporaryKey | Unusable {
  const credential: Readonly<Record<string, unknown>> = memberIn(answer.body, 'credential') ?? {};
  const { access: ak, secret: sk, securitytoken: securityToken, expires_at } = credential;
  if (!isWord(ak) || !isWord(sk) || !isWord(securityToken)) return { why: 'is none' };
  const life = lifeOf({ expiresAt: expires_at, answeredAt: header(answer, 'date') }, clock);
  return 'why' in life ? life : { ak, sk, securityToken, expiresAt: askedAt + life.ms };
}

import type { AccessKeyCredentials, ProjectConfig } from '../../config/config.js';
import { ACCESS_KEY, SECURITY_TOKEN } from '../../config/formats.js';
import {
  ALGORITHM,
  canonicalRequest,
  compare,
  CONTENT_HASH,
  namesOf,
  sha256,
  signatureOf,
  type Pairs,
} from '../../domain/sdk-signature.js';
import { AUTHENTICATION, faultOf } from '../error-table.js';
import {
  AuthenticationError,
  type AuthDependencies,
  type Authenticator,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import { Backoff, type Kept } from './expiring-value.js';
import { ProjectLookup } from './project-lookup.js';
import { ReloadingSecrets, type SecretSetting } from './reloading-secrets.js';

/** An access key; one with a security token is temporary. */
export interface AccessKey {
  readonly ak: string;
  readonly sk: string;
  readonly securityToken?: string;
}

/** Where the access key of a project comes from. */
interface KeySource {
  /** The key to sign with now. @throws AuthenticationError */
  get(deadlineAt: number): Promise<Kept<AccessKey>>;
  /** Upstream accepted a signature by this generation. */
  accept(generation: number): void;
  /** Upstream did not accept one. */
  reject(generation: number): Renewal | Promise<Renewal>;
  /** The key that is at hand; undefined when `get` would have to wait for one. */
  readonly current: AccessKey | undefined;
  /** Why none is at hand, while that is waited out. */
  readonly trouble: Trouble | undefined;
}

/** More than five failures in a row lock an access key for five minutes (contract 3.1.9). */
const WAITS_MS = [5_000, 60_000, 300_000] as const;
/** While it is not known whether a refused key is accepted again, so many milliseconds lie between two requests with it. */
const PROBE_EVERY_MS = 5_000;

/** Signs each request with an access key, and leaves a key alone that upstream refuses: it would be locked. */
export class SigningAuthenticator implements Authenticator {
  readonly #backoff: Backoff;
  /** The project's id, or how to find it. */
  readonly #project: string | ProjectLookup;
  /** The key that upstream refuses, and the one request with it that is under way. */
  #refused: { readonly key: AccessKey; probe?: Proof } | undefined;
  /** Kept beside the proofs, not in them: a proof is handed on. */
  readonly #keys = new WeakMap<Proof, AccessKey>();

  constructor(
    private readonly source: KeySource,
    project: ProjectConfig,
    private readonly dependencies: AuthDependencies,
  ) {
    const refusal = 'upstream refuses the access key: check the key, its project and the clock';
    this.#backoff = new Backoff(WAITS_MS, { project: project.name }, refusal, dependencies);
    const prove = (request: UnprovenRequest, deadlineAt: number) => this.#sign(request, deadlineAt);
    const prover = { prove, accept: this.accept.bind(this), reject: this.reject.bind(this) };
    this.#project = project.projectId ?? new ProjectLookup(project, prover, dependencies);
  }

  async projectId(deadlineAt: number): Promise<string> {
    return typeof this.#project === 'string' ? this.#project : (await this.#project.get(deadlineAt)).value.id;
  }

  /** Names the project too, as a signature by itself belongs to none (contract 1.1). */
  async prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const projectId = await this.projectId(deadlineAt);
    const headers = { ...request.headers, 'X-Project-Id': projectId };
    return this.#sign({ ...request, headers }, deadlineAt);
  }

  accept(proof: Proof): void {
    this.source.accept(proof.generation);
    if (this.#isRefused(this.#keys.get(proof))) this.#forget();
  }

  async reject(proof: Proof): Promise<Renewal> {
    const renewal = await this.source.reject(proof.generation);
    const key = this.#keys.get(proof);
    if (renewal === 'final' && key) this.#noteRefusal(key, proof);
    return renewal;
  }

  get trouble(): Trouble | undefined {
    const key = this.source.current;
    const ofKey = this.#isRefused(key) ? this.#backoff.held?.trouble : undefined;
    const ofProject = typeof this.#project === 'string' ? undefined : this.#project.trouble;
    return (key === undefined ? this.source.trouble : ofKey) ?? ofProject;
  }

  async #sign(request: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const { value: key, generation } = await this.source.get(deadlineAt);
    this.#throwIfRefused(key);
    const proof: Proof = { headers: sign(request, key, this.dependencies.clock.now()), generation };
    this.#keys.set(proof, key);
    if (this.#refused) this.#refused.probe = proof;
    return proof;
  }

  /** A refused key is tried by one request now and then; another key has not been refused. */
  #throwIfRefused(key: AccessKey): void {
    if (!this.#refused) return;
    if (!this.#isRefused(key)) return this.#forget();
    const { held } = this.#backoff;
    if (held) throw held;
    this.#backoff.pause(PROBE_EVERY_MS);
  }

  #noteRefusal(key: AccessKey, proof: Proof): void {
    // Requests that were under way together are one refusal.
    if (this.#isRefused(key) && this.#refused?.probe !== proof) return;
    this.#refused = { key };
    this.#backoff.refused(new AuthenticationError(faultOf(AUTHENTICATION), 'refused'));
  }

  #isRefused(key: AccessKey | undefined): boolean {
    const refused = this.#refused?.key;
    return (
      refused?.ak === key?.ak && refused?.sk === key?.sk && refused?.securityToken === key?.securityToken
    );
  }

  #forget(): void {
    this.#refused = undefined;
    this.#backoff.forget();
  }
}

/**
 * The headers of a request together with those that prove who sends it, by AK/SK signature (contract 4.1). Every header is
 * signed, `Host` included, so none of them can be changed on the way.
 *
 * @param now epoch milliseconds; upstream allows 15 minutes of difference
 */
export function sign(request: UnprovenRequest, key: AccessKey, now: number): Record<string, string> {
  const date = sdkDate(now);
  const headers: Record<string, string> = {
    ...request.headers,
    Host: new URL(request.origin).host,
    'X-Sdk-Date': date,
    ...(key.securityToken !== undefined && { 'X-Security-Token': key.securityToken }),
  };
  const signed = canonicalHeaders(headers);
  const signature = signatureOf(canonicalOf(request, signed), date, key.sk).toString('hex');
  return {
    ...headers,
    Authorization: `${ALGORITHM} Access=${key.ak}, SignedHeaders=${namesOf(signed)}, Signature=${signature}`,
  };
}

/** What is signed of a request with these headers. */
export function canonicalOf(
  { method, path, query, body = '' }: Omit<UnprovenRequest, 'origin' | 'headers'>,
  headers: Pairs,
): string {
  const stated = headers.find(([name]) => name === CONTENT_HASH)?.[1];
  return canonicalRequest({ method, path, query, headers, bodyHash: stated ?? sha256(body) });
}

/** Lower-case names in order, values without blanks around them. */
export function canonicalHeaders(headers: UnprovenRequest['headers']): Pairs {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([name], [other]) => compare(name, other));
}

/** `YYYYMMDDTHHMMSSZ`. */
function sdkDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

type Part = 'ak' | 'sk' | 'securityToken';

/** The access key that the configuration gives, as its files have it now. */
export class ConfiguredKey implements KeySource {
  readonly #secrets: ReloadingSecrets<Part>;
  readonly #temporary: boolean;
  /** There is always one at hand. */
  readonly trouble = undefined;

  constructor(credentials: AccessKeyCredentials, { clock, log }: AuthDependencies) {
    const { ak, sk, securityToken, akFile, skFile, securityTokenFile } = credentials;
    this.#temporary = securityToken !== undefined;
    const settings: Record<Part, SecretSetting> = {
      ak: { value: ak, file: akFile, format: ACCESS_KEY },
      sk: { value: sk, file: skFile },
      securityToken: { value: securityToken ?? '', file: securityTokenFile, format: SECURITY_TOKEN },
    };
    this.#secrets = new ReloadingSecrets(settings, clock, log);
  }

  get(): Promise<Kept<AccessKey>> {
    return Promise.resolve({ value: this.current, generation: this.#secrets.version });
  }

  accept(): void {
    // A key that works stays in use until its files change.
  }

  async reject(generation: number): Promise<Renewal> {
    await this.#secrets.refresh('now');
    return this.#secrets.version === generation ? 'final' : 'renewed_may_help';
  }

  get current(): AccessKey {
    // Not waited for: a file system that hangs must not hang requests, and a key that is outdated is rejected and read again.
    void this.#secrets.refresh();
    const { ak, sk, securityToken } = this.#secrets.values;
    return { ak, sk, ...(this.#temporary && { securityToken }) };
  }
}

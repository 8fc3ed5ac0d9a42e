import type { AccessKeyCredentials } from '../../config/config.js';
import { ACCESS_KEY, SECURITY_TOKEN } from '../../config/formats.js';
import { AUTHENTICATION, faultOf } from '../error-table.js';
import {
  AuthenticationError,
  type AuthDependencies,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import { Refusals, type Kept } from './expiring-value.js';
import { ReloadingSecrets, type SecretSetting } from './reloading-secrets.js';
import { sign, type AccessKey } from './signer.js';

/** Where the access key of a project comes from. */
export interface KeySource {
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

/** Signs requests with an access key, and leaves a key alone that upstream refuses: it would be locked. */
export class KeyProver {
  readonly #refusals: Refusals;
  /** The key that upstream refuses, and the one request with it that is under way. */
  #refused: { readonly key: AccessKey; probe?: Proof } | undefined;
  /** Kept beside the proofs, not in them: a proof is handed on. */
  readonly #keys = new WeakMap<Proof, AccessKey>();

  constructor(
    private readonly source: KeySource,
    /** Name of the project that it is for. */
    private readonly project: string,
    private readonly dependencies: AuthDependencies,
  ) {
    this.#refusals = new Refusals(WAITS_MS, dependencies.clock);
  }

  /** @throws AuthenticationError */
  async prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const { value: key, generation } = await this.source.get(deadlineAt);
    this.#throwIfRefused(key);
    const proof: Proof = { headers: sign(request, key, this.dependencies.clock.now()), generation };
    this.#keys.set(proof, key);
    if (this.#refused) this.#refused.probe = proof;
    return proof;
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
    if (key === undefined) return this.source.trouble;
    return this.#refusals.waitMs > 0 && this.#isRefused(key) ? 'refused' : undefined;
  }

  /** A refused key is tried by one request now and then; another key has not been refused. */
  #throwIfRefused(key: AccessKey): void {
    if (!this.#refused) return;
    if (!this.#isRefused(key)) return this.#forget();
    const { waitMs } = this.#refusals;
    if (waitMs > 0) throw new AuthenticationError(faultOf(AUTHENTICATION), 'refused').heldFor(waitMs);
    this.#refusals.pause(PROBE_EVERY_MS);
  }

  #noteRefusal(key: AccessKey, proof: Proof): void {
    // Requests that were under way together are one refusal.
    if (this.#isRefused(key) && this.#refused?.probe !== proof) return;
    this.#refused = { key };
    this.#refusals.refused();
    const { waitMs } = this.#refusals;
    this.dependencies.log.error(
      { project: this.project, waitMs },
      'upstream refuses the access key: check the key, its project and the clock',
    );
  }

  #isRefused(key: AccessKey | undefined): boolean {
    const refused = this.#refused?.key;
    return (
      refused?.ak === key?.ak && refused?.sk === key?.sk && refused?.securityToken === key?.securityToken
    );
  }

  #forget(): void {
    this.#refused = undefined;
    this.#refusals.forget();
  }
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
      ak: setting(ak, akFile, ACCESS_KEY),
      sk: setting(sk, skFile),
      securityToken: setting(securityToken ?? '', securityTokenFile, SECURITY_TOKEN),
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

function setting(value: string, file: string | undefined, format?: SecretSetting['format']): SecretSetting {
  return { value, ...(file !== undefined && { file }), ...(format && { format }) };
}

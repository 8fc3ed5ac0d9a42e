import { errorRow, faultOf } from '../error-table.js';
import {
  AuthenticationError,
  type Proof,
  type Renewal,
  type Trouble,
  type UnprovenRequest,
} from './authenticator.js';
import type { KeySource } from './key-source.js';
import { Refusals } from './refusals.js';
import { sign, type AccessKey } from './signer.js';
import type { AuthDependencies } from './dependencies.js';

/** More than five failures in a row lock an access key for five minutes (contract 3.1.9). */
const WAITS_MS = [5_000, 60_000, 300_000] as const;
/** While nobody knows whether a refused key is taken again, so many milliseconds lie between two requests with it. */
const PROBE_EVERY_MS = 5_000;

const NOT_TAKEN = errorRow('APIGW.0301', 401);

/** Signs requests with an access key, and leaves a key alone that upstream refuses, lest it be locked. */
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
    private readonly surroundings: AuthDependencies,
  ) {
    this.#refusals = new Refusals(WAITS_MS, surroundings.clock);
  }

  /** @throws AuthenticationError */
  async prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof> {
    const { value: key, generation } = await this.source.get(deadlineAt);
    this.#throwIfRefused(key);
    const proof: Proof = { headers: sign(request, key, this.surroundings.clock.now()), generation };
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
    if (waitMs > 0) throw new AuthenticationError(faultOf(NOT_TAKEN), 'refused').heldFor(waitMs);
    this.#refusals.pause(PROBE_EVERY_MS);
  }

  #noteRefusal(key: AccessKey, proof: Proof): void {
    // Requests that were under way together are one refusal.
    if (this.#isRefused(key) && this.#refused?.probe !== proof) return;
    this.#refused = { key };
    this.#refusals.refused();
    const { waitMs } = this.#refusals;
    this.surroundings.log.error(
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

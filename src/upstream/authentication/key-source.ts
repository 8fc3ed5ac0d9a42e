import type { Renewal, Trouble } from './authenticator.js';
import type { Kept } from './expiring-value.js';
import type { AccessKey } from './signer.js';

/** Where the access key of a project comes from. */
export abstract class KeySource {
  /** The key to sign with now. @throws AuthenticationError */
  abstract get(deadlineAt: number): Promise<Kept<AccessKey>>;
  /** Upstream took a signature by this generation. */
  abstract accept(generation: number): void;
  /** Upstream did not take one. */
  abstract reject(generation: number): Promise<Renewal>;
  /** The key that is at hand; undefined when `get` would have to wait for one. */
  abstract get current(): AccessKey | undefined;
  /** Why none is at hand, while that is waited out. */
  abstract get trouble(): Trouble | undefined;
}

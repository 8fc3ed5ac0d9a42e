import type { Clock } from '../../domain/clock.js';
import type { Identity } from './identity.js';
import type { KeySet } from './key-set.js';

interface Verified {
  readonly identity: Identity;
  readonly keys: KeySet;
  readonly version: number;
}

/** So many at most; the oldest make room. */
const MAX_TOKENS = 10_000;

/** Tokens that were verified, by their digests, until they expire or their issuer changes its keys. */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Verified>();

  constructor(private readonly clock: Clock) {}

  get(digest: string): Identity | undefined {
    const found = this.#tokens.get(digest);
    if (!found) return undefined;
    const { identity, keys, version } = found;
    // Else nobody would notice a withdrawn key while all tokens are known ones.
    keys.keepFresh();
    if (keys.version === version && (identity.credential.expiresAt ?? 0) > this.clock.now()) return identity;
    this.#tokens.delete(digest);
    return undefined;
  }

  /** @param version of the keys, from before the token was verified */
  keep(digest: string, identity: Identity, keys: KeySet, version: number): void {
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(digest, { identity, keys, version });
  }
}

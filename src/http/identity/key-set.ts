import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import type { Clock } from '../../domain/times.js';
import { DocumentUnavailable, type DocumentSource } from '../../domain/ports.js';

/** From this age on keys are fetched anew, while the known ones serve. */
const REFRESH_MS = 300_000;
/** From this age on a verification waits for the fetch, and makes do with the known ones only when it fails. */
const FRESH_MS = 600_000;
/** Older key sets are not used: an attacker who cuts the gateway off from its issuer must not keep a withdrawn key valid. */
const STALE_MS = 86_400_000;
/** No two fetches within this time, however many tokens name keys that are not known. */
const COOLDOWN_MS = 30_000;
/** The same while no key is known at all. */
const COOLDOWN_AT_FIRST_MS = 5_000;

/** An issuer's keys can't be had, so its tokens can't be judged. */
export class KeysUnavailable extends Error {}

/** The public keys that an issuer publishes: cached, fetched once for all who wait, kept when they can't be fetched. */
export class KeySet {
  readonly #logger = new Logger(KeySet.name);
  #resolve: JWTVerifyGetKey | undefined;
  #text = '';
  #version = 0;
  #fetchedAt = -Infinity;
  #attemptedAt = -Infinity;
  #pending: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly source: DocumentSource,
    private readonly clock: Clock,
  ) {}

  /** Counts the times that the published keys changed: what was verified by an older version is to be verified again. */
  get version(): number {
    return this.#version;
  }

  /** Fetches the keys anew when they are no longer fresh; nobody waits for it. */
  keepFresh(): void {
    if (this.#age >= REFRESH_MS && !this.#cooling) this.#refresh().catch(() => undefined);
  }

  /** Whether there are keys to verify by; where there are none they are fetched. */
  async areKnown(): Promise<boolean> {
    return this.#current().then(
      () => true,
      () => false,
    );
  }

  /** The key that a token names. @throws KeysUnavailable, JOSEError when there is none */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const resolve = await this.#current();
    try {
      return await resolve(header, token);
    } catch (error) {
      // A key that is not known may be a new one.
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#cooling) throw error;
      await this.#refresh().catch(() => undefined);
      return (this.#resolve ?? resolve)(header, token);
    }
  };

  get #age(): number {
    return this.clock.monotonic() - this.#fetchedAt;
  }

  /** Whether a fetch would come too soon after the last one; joining one that is under way is always possible. */
  get #cooling(): boolean {
    if (this.#pending) return false;
    const cooldown = this.#resolve ? COOLDOWN_MS : COOLDOWN_AT_FIRST_MS;
    return this.clock.monotonic() - this.#attemptedAt < cooldown;
  }

  async #current(): Promise<JWTVerifyGetKey> {
    if (this.#age >= FRESH_MS && !this.#cooling) await this.#refresh().catch(() => undefined);
    else this.keepFresh();
    if (this.#resolve && this.#age < STALE_MS) return this.#resolve;
    throw new KeysUnavailable('the keys of the issuer are not known');
  }

  #refresh(): Promise<void> {
    return (this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    }));
  }

  async #fetch(): Promise<void> {
    this.#attemptedAt = this.clock.monotonic();
    try {
      const text = await this.source.read(this.url);
      // Checks the shape, and throws before anything that is known is given up.
      const resolve = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
      if (text !== this.#text) this.#version += 1;
      this.#text = text;
      this.#resolve = resolve;
      this.#fetchedAt = this.clock.monotonic();
    } catch (error) {
      const reason = error instanceof DocumentUnavailable ? error.reason : 'not a set of keys';
      this.#logger.warn(
        { url: this.url.replace(/\?.*$/, ''), reason },
        'the keys of an issuer could not be fetched',
      );
      throw error;
    }
  }
}

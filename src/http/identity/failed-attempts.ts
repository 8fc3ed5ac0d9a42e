import { Injectable } from '@nestjs/common';

import { neighbourhoodOf } from '../../domain/address-range.js';
import { Clock } from '../../domain/clock.js';
import { Problem } from '../problem.js';
import type { AuthenticationProblem } from './identity.js';

/** So many failures in a row are answered as what they are. */
const BURST = 10;
/** And one more each time that so much time has passed. */
const ONE_MORE_MS = 6_000;
/** Addresses that are remembered; the one that was quiet the longest makes room. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  /** How many more are answered as what they are; may be a fraction. */
  left: number;
  /** When that was so, by the monotonic clock. */
  at: number;
  /** Failures since then that were not. */
  beyond: number;
}

/** An address failed too often to be told why once more. */
export class TooManyFailures extends Problem {
  /** @param recorded whether this one is to be recorded; the others of a row are only counted */
  constructor(
    retryAfter: number,
    readonly recorded: boolean,
  ) {
    const detail =
      'Too many requests from your address did not prove who they are. Requests that do are served all the same.';
    super(429, 'too_many_failures', detail, { retryable: true, retryAfter });
  }
}

/**
 * Slows down who fails to prove who they are, by address. Only failures are counted and only failures are slowed: a valid
 * credential is served at once whatever its neighbours behind the same address do, which nobody can turn into a way to lock
 * others out. Guessing is hopeless without this, for keys hold 154 random bits; it keeps the trail and the log readable.
 */
@Injectable()
export class FailedAttempts {
  readonly #byAddress = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  /** The answer to a failure: the problem as it is, or that there were too many. */
  answer(problem: AuthenticationProblem, address: string): Problem {
    const failures = this.#of(neighbourhoodOf(address));
    if (failures.left >= 1) {
      failures.left -= 1;
      problem.unrecorded = Math.max(0, failures.beyond - 1);
      failures.beyond = 0;
      return problem;
    }
    failures.beyond += 1;
    const retryAfter = Math.max(1, Math.ceil(((1 - failures.left) * ONE_MORE_MS) / 1_000));
    return new TooManyFailures(retryAfter, failures.beyond === 1);
  }

  #of(address: string): Failures {
    const now = this.clock.monotonic();
    const known = this.#byAddress.get(address) ?? { left: BURST, at: now, beyond: 0 };
    known.left = Math.min(BURST, known.left + Math.max(0, now - known.at) / ONE_MORE_MS);
    known.at = now;
    // Set anew, it comes last.
    this.#byAddress.delete(address);
    const [quietest] = this.#byAddress.keys();
    if (this.#byAddress.size >= MOST_ADDRESSES && quietest !== undefined) this.#byAddress.delete(quietest);
    this.#byAddress.set(address, known);
    return known;
  }
}

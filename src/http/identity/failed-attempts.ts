import { Injectable } from '@nestjs/common';

import { neighbourhoodOf } from '../../domain/address-range.js';
import { Clock } from '../../domain/clock.js';
import { Allowances } from '../allowances.js';
import { refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';
import type { AuthenticationProblem } from './identity.js';

/** Failures of one address that are answered as what they are: ten in a row and ten a minute. */
const TOLD = { burst: 10, oneMoreMs: 6_000, mostNames: 10_000 };

/**
 * Slows down who fails to prove who they are, by address. Only failures are counted and only failures are slowed: a valid
 * credential is served at once whatever its neighbours behind the same address do, and whatever others try in its name, which
 * nobody can turn into a way to lock others out. Guessing is hopeless without this, for keys hold 154 random bits; it keeps the
 * log readable.
 */
@Injectable()
export class FailedAttempts {
  readonly #told: Allowances;

  constructor(clock: Clock) {
    this.#told = new Allowances(TOLD, clock);
  }

  /** The answer to a failure: the problem as it is, or that there were too many. */
  answer(problem: AuthenticationProblem, address: string): Problem {
    const wait = this.#told.take(neighbourhoodOf(address));
    if (wait === 0) return problem;
    return refuse('too_many_failures', undefined, { retryAfter: Math.max(1, Math.ceil(wait / 1_000)) });
  }
}

import type { Clock } from '../../domain/clock.js';
import { AuthenticationError, type Trouble } from './authenticator.js';
import { Refusals } from './refusals.js';

/**
 * How long a refused login is not repeated. IAM locks an account after three to ten failures in 15 to 60 minutes (contract
 * 3.1.9), so the second refusal must already slow us down a lot: four logins in the first hour.
 */
const WAITS_MS = [5_000, 300_000, 1_200_000, 3_600_000] as const;
/** A throttle is no refusal: it is waited out for as long as IAM asks, within bounds, and for so long at least. */
const THROTTLED_MS = WAITS_MS[0];

/** Keeps the logins of one IAM user from locking its account, whichever projects they are for. */
export class LoginGuard {
  readonly #refusals: Refusals;
  #running: Promise<unknown> | undefined;
  #proven = false;
  #version = 0;
  #error: AuthenticationError | undefined;

  /** @param onShut told of every refusal and throttle, and of how long the login will not be repeated */
  constructor(
    clock: Clock,
    private readonly onShut: (error: AuthenticationError, waitMs: number) => void,
  ) {
    this.#refusals = new Refusals(WAITS_MS, clock);
  }

  /** Why a login with this version of its secret may not be tried now. */
  troubleOf(version: number): Trouble | undefined {
    if (version !== this.#version || this.#refusals.waitMs === 0) return undefined;
    return this.#error?.trouble === 'throttled' ? 'throttled' : 'refused';
  }

  /**
   * Runs a login, or refuses to.
   *
   * @param version of the secret that it uses; a new one has not been refused yet
   * @throws AuthenticationError
   */
  async run<T>(version: number, login: () => Promise<T>): Promise<T> {
    if (version !== this.#version) this.#forget(version);
    // With a secret that nobody has taken yet, all who come at once would each count as a failure.
    while (!this.#proven && this.#running) await this.#running.catch(() => undefined);
    this.#throwIfShut();
    const running = this.#judged(version, login());
    this.#running = running;
    return running.finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  #forget(version: number): void {
    this.#version = version;
    this.#proven = false;
    this.#refusals.forget();
  }

  #throwIfShut(): void {
    const { waitMs } = this.#refusals;
    if (waitMs > 0 && this.#error) throw this.#error.heldFor(waitMs);
  }

  async #judged<T>(version: number, login: Promise<T>): Promise<T> {
    try {
      const taken = await login;
      if (version === this.#version) {
        this.#proven = true;
        this.#refusals.forget();
      }
      return taken;
    } catch (error) {
      // What became of a secret that has been replaced meanwhile says nothing about the new one.
      if (!(error instanceof AuthenticationError) || version !== this.#version) throw error;
      throw this.#noted(error);
    }
  }

  #noted(error: AuthenticationError): AuthenticationError {
    // The user's own login, which an agency is taken on by, has a guard of its own.
    if (error.isHeld) return error;
    const { trouble, retryAfterMs = 0 } = error;
    if (trouble === 'throttled') this.#refusals.pause(Math.max(retryAfterMs, THROTTLED_MS));
    else if (trouble !== 'refused') return error;
    else {
      this.#proven = false;
      this.#refusals.refused();
    }
    const { waitMs } = this.#refusals;
    this.#error = error;
    this.onShut(error, waitMs);
    return error.heldFor(waitMs);
  }
}

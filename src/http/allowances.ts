import type { Clock } from '../domain/times.js';

/** How much there is of something for each name. */
interface Allowance {
  /** So many in a row. */
  readonly burst: number;
  /** And one more each time that so much time has passed. */
  readonly oneMoreMs: number;
}

/** Names that are remembered; the one that was quiet the longest makes room. */
const MAX_NAMES = 10_000;

interface Left {
  /** May be a fraction. */
  left: number;
  /** When that was the case, by the monotonic clock. */
  at: number;
}

/** Hands something out by name, so much in a row and then as time passes, in bounded memory. */
export class Allowances {
  readonly #byName = new Map<string, Left>();

  constructor(
    private readonly allowance: Allowance,
    private readonly clock: Clock,
  ) {}

  /** Takes one if there is one. @returns milliseconds until there is one where there was none, 0 where it was taken */
  take(name: string): number {
    const own = this.#of(name);
    if (own.left < 1) return (1 - own.left) * this.allowance.oneMoreMs;
    own.left -= 1;
    return 0;
  }

  /** Whether there is one to take. */
  has(name: string): boolean {
    return this.#of(name).left >= 1;
  }

  #of(name: string): Left {
    const { burst, oneMoreMs } = this.allowance;
    const now = this.clock.monotonic();
    const known = this.#byName.get(name) ?? { left: burst, at: now };
    known.left = Math.min(burst, known.left + Math.max(0, now - known.at) / oneMoreMs);
    known.at = now;
    // Set anew, it comes last.
    this.#byName.delete(name);
    const [quietest] = this.#byName.keys();
    if (this.#byName.size >= MAX_NAMES && quietest !== undefined) this.#byName.delete(quietest);
    this.#byName.set(name, known);
    return known;
  }
}

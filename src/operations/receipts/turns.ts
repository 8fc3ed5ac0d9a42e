import { setImmediate as othersTurn } from 'node:timers/promises';

/** So much is done at once of what there are thousands of: less than a millisecond. */
const SLICE = 250;

/** All of them; between two slices everybody else gets a turn. */
export async function inSlices<T>(each: Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  for (const one of each) {
    all.push(one);
    if (all.length % SLICE === 0) await othersTurn();
  }
  return all;
}

/** What is done for one caller of one kind at once; what is more waits, in its order. */
export class CallerTurns {
  /** By caller, those that wait; a caller is in it while something is done for it. */
  readonly #callers = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(private readonly most: number) {}

  async take<T>(caller: string, work: () => Promise<T>): Promise<T> {
    const own = this.#callers.get(caller) ?? { running: 0, waiting: [] };
    this.#callers.set(caller, own);
    if (own.running === this.most) await new Promise<void>((resolve) => own.waiting.push(resolve));
    else own.running += 1;
    try {
      return await work();
    } finally {
      const next = own.waiting.shift();
      // The place goes straight to the next one.
      if (next) next();
      else own.running -= 1;
      if (own.running === 0) this.#callers.delete(caller);
    }
  }
}

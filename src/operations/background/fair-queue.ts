/** Things that wait for their turn, each for somebody: whoever has few of them does not wait for all of another's. */
export class FairQueue<T> {
  /** In the order in which their turns come. */
  readonly #waiting = new Map<string, T[]>();

  get size(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  add(whose: string, thing: T): void {
    const own = this.#waiting.get(whose);
    if (own) own.push(thing);
    else this.#waiting.set(whose, [thing]);
  }

  /** Whose turn comes first, first. */
  all(): T[] {
    return [...this.#waiting.values()].flat();
  }

  /** The oldest one of whoever's turn it is; then it is everybody else's first. */
  take(): T | undefined {
    for (const [whose, [first, ...rest]] of this.#waiting) {
      this.#waiting.delete(whose);
      if (rest.length > 0) this.#waiting.set(whose, rest);
      return first;
    }
    return undefined;
  }
}

/** Signatures that were used, for as long as they would still be valid, and so many of them at most. */
export class SeenSignatures {
  /** By signature: until when, in epoch milliseconds. In the order they came, which is nearly that of their ends. */
  readonly #until = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** @returns `seen` when it was used before, `full` when it can't be remembered: then it must not be taken */
  use(signature: string, until: number, now: number): 'new' | 'seen' | 'full' {
    if (this.#until.has(signature)) return 'seen';
    this.#forget(now);
    if (this.#until.size >= this.most) return 'full';
    this.#until.set(signature, until);
    return 'new';
  }

  #forget(now: number): void {
    for (const [signature, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(signature);
    }
  }
}

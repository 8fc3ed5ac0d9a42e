/** A Buffer of its own costs hundreds of bytes, and keeps all that was read with it: smaller ones are put together. */
const BLOCK = 16_384;

/** Puts small chunks together, so that what is held of a body is no more than its bytes, in however many chunks they come. */
export class Gathered {
  #held: Buffer | undefined;
  #used = 0;

  constructor(private readonly passOn: (chunk: Buffer) => void) {}

  add(chunk: Buffer): void {
    if (chunk.length >= BLOCK) {
      this.end();
      this.passOn(chunk);
    } else if (this.#held && this.#used + chunk.length <= BLOCK) {
      this.#append(this.#held, chunk);
    } else {
      this.end();
      // Most bodies are of one chunk: nothing is copied for them.
      [this.#held, this.#used] = [chunk, chunk.length];
    }
  }

  /** Passes on what is held. */
  end(): void {
    if (this.#held) this.passOn(this.#held.subarray(0, this.#used));
    this.#held = undefined;
  }

  #append(held: Buffer, chunk: Buffer): void {
    let block = held;
    if (held.length < BLOCK) {
      block = Buffer.allocUnsafe(BLOCK);
      held.copy(block);
      this.#held = block;
    }
    chunk.copy(block, this.#used);
    this.#used += chunk.length;
  }
}

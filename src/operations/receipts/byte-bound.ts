/** No page of a list is longer than this, as JSON, unless one thing alone is. */
const MAX_BYTES = 1_048_576;

/** Counts what goes on a page, so that it ends before it grows too long. */
export class ByteBound {
  #left: number;
  #isEmpty = true;

  constructor(mostBytes = MAX_BYTES) {
    this.#left = mostBytes;
  }

  /** Whether there is room for one thing more; the first always finds it. */
  takes(item: unknown): boolean {
    this.#left -= Buffer.byteLength(JSON.stringify(item));
    const fits = this.#isEmpty || this.#left >= 0;
    this.#isEmpty = false;
    return fits;
  }
}

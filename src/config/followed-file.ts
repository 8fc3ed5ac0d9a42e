import { readFile } from 'node:fs/promises';

/**
 * A file that may change, looked at from time to time. It is read through its path each time and compared by its text, so it
 * does not matter how it was changed: in place, by a rename over it, or by a swapped symbolic link on the way to it, on
 * whatever file system.
 */
export class FollowedFile {
  #seen: string | undefined;
  #told: string | undefined;

  constructor(readonly path: string) {}

  /**
   * The text, once, when it is another one and was the same at two looks: a file that is being written is not half read.
   *
   * @throws Error when it can't be read
   */
  async look(): Promise<string | undefined> {
    const text = await readFile(this.path, 'utf8');
    const stoodStill = text === this.#seen;
    this.#seen = text;
    if (!stoodStill || text === this.#told) return undefined;
    this.#told = text;
    return text;
  }
}

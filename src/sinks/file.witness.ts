import type { PlacedCheckpoint } from '../audit/index.js';
import { AppendFile } from './append-file.js';
import type { Witness } from './witness.js';

/** Behind the last of a note's signatures; its text ends with an empty line too. The dash takes three bytes. */
const END_OF_NOTE = /\n\xe2\x80\x94 [^\n]+\n\n/g;

/** Appends the checkpoints as they are, with an empty line behind each. */
export class FileWitness implements Witness {
  readonly #file: AppendFile;

  /** @param origin of the trail: with what every checkpoint begins */
  constructor(path: string, origin: string) {
    this.#file = new AppendFile(path, { beginnings: [`${origin}\n`], end: END_OF_NOTE });
  }

  async deliver(checkpoints: readonly PlacedCheckpoint[]): Promise<number> {
    await this.#file.append(checkpoints.map(({ note }) => `${note}\n`).join(''));
    return checkpoints.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

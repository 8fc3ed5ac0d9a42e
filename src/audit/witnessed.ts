import { open } from 'node:fs/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { notesIn } from './tree/signed-note.js';

/** A note is far shorter, with as many cosignatures as there are witnesses. */
const LOOKED_AT_BYTES = 65_536;

/** Checkpoints that were kept elsewhere, and can be read again. */
@Injectable()
export class WitnessedCheckpoints {
  readonly #logger = new Logger(WitnessedCheckpoints.name);
  /** Of witnesses that could not be read; each is said once. */
  readonly #unread = new Set<string>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'audit'>) {}

  /** Signed notes, the newest whole one of each file. What cannot be read is said, and passed over. */
  async read(): Promise<readonly string[]> {
    const notes: string[] = [];
    for (const witness of this.config.audit.witnesses ?? []) {
      if (witness.kind === 'file') notes.push(...(await this.#newestIn(witness)));
    }
    return notes;
  }

  async #newestIn({ name, path }: { readonly name: string; readonly path: string }): Promise<string[]> {
    try {
      const note = notesIn(await endOf(path)).at(-1);
      this.#unread.delete(name);
      return note === undefined ? [] : [note];
    } catch (error) {
      this.#say(name, (error as NodeJS.ErrnoException).code);
      return [];
    }
  }

  #say(witness: string, code = 'unexpected'): void {
    if (this.#unread.has(witness)) return;
    this.#unread.add(witness);
    if (code === 'ENOENT') this.#logger.log({ witness }, 'a witness has no file yet: it is begun');
    else
      this.#logger.warn(
        { witness, code },
        'a witness cannot be read, so the trail is not held against what it has seen',
      );
  }
}

async function endOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - LOOKED_AT_BYTES);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

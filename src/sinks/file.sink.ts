import { rename } from 'node:fs/promises';

import type { FileSinkConfig } from '../config/config.js';
import { AppendFile, deliveryFailure, isThere, syncFolder } from './append-file.js';
import type { SinkItem } from './sink-source.js';
import type { Sink } from './sink.js';

/** Lines of each format. */
const LINES = { beginnings: ['{"sequence":', '{"class_uid":'], end: /\n/g };

/** Appends a line for each record and begins another file when one is large enough. */
export class FileSink implements Sink {
  readonly #file: AppendFile;

  constructor(private readonly config: FileSinkConfig) {
    this.#file = new AppendFile(config.path, LINES);
  }

  async deliver(items: readonly SinkItem[]): Promise<number> {
    if ((await this.#file.size()) >= this.config.rotateBytes) await this.#rotate();
    await this.#file.append(items.map(({ line }) => `${line}\n`).join(''));
    return items.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** From the oldest on, each takes the next number; where a crash left a number out, those beyond it stay as they are. */
  async #rotate(): Promise<void> {
    const { path, keep } = this.config;
    const numbered = (number: number) => (number === 0 ? path : `${path}.${number}`);
    await this.#file.close();
    try {
      let last = 1;
      while (last < keep && (await isThere(numbered(last)))) last += 1;
      for (let number = last; number > 0; number -= 1) await rename(numbered(number - 1), numbered(number));
      await syncFolder(path);
    } catch (error) {
      throw deliveryFailure(error);
    }
  }
}

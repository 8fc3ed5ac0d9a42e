import { open, type FileHandle } from 'node:fs/promises';

import type { TrailStatements } from './trail-statements.js';
import { NoteReader, type FoundNote } from './tree/note-reader.js';

/** What can be believed of a note. */
export interface Judge {
  /** With what every checkpoint of the trail begins. */
  readonly origin: string;
  /** Whether this trail's keys have signed it. */
  isSigned(note: string): boolean;
  /** Whether a person knows that the records it covers are gone: it is held against nothing any more. */
  isSettled(size: number): boolean;
}

/** By what is signed about a trail. */
export function judgeBy(statements: TrailStatements, origin: string): Judge {
  return {
    origin,
    isSigned: (note) => statements.opened(note) !== undefined,
    isSettled: (size) => statements.acknowledges({ what: 'truncated', first: size, last: size, detail: '' }),
  };
}

/** What a file holds. */
export interface FileContent {
  /** The largest checkpoint that counts. */
  readonly note?: string;
  /** Records that the largest one covers, whether or not it counts; 0: there is none. */
  readonly size: number;
  /** Whether it is another one than it was, or has become shorter. */
  readonly isAnew: boolean;
}

const PIECE_BYTES = 262_144;
/** So many that may be larger than what is known are kept, before it is looked which of them can be believed. */
const MAX_CANDIDATES = 512;
/** What follows the last whole note is read again each time, but not more of it than this. */
const MAX_TAIL_BYTES = 1_048_576;

/** The file of a witness, read as a stream; once it was read, only what was added. */
export class WitnessFile {
  /** Which file it was, and up to where it was read. */
  #place = '';
  #offset = 0;
  /** Notes that may be larger, by their text. */
  #candidates = new Map<string, FoundNote>();
  /** The largest that counts, and the largest of all, of what is in the file now. */
  #counted: FoundNote | undefined;
  #size = 0;
  /** The largest that counted ever: it was signed, wherever the file has gone. */
  #known: FoundNote | undefined;

  constructor(private readonly path: string) {}

  /** @throws NodeJS.ErrnoException where it cannot be read; what was known before still counts */
  async read(judge: Judge): Promise<FileContent> {
    if (this.#counted && judge.isSettled(this.#counted.size)) this.#forget();
    const isAnew = await this.#readFile(judge);
    this.#choose(judge);
    if ((this.#counted?.size ?? 0) > (this.#known?.size ?? 0)) this.#known = this.#counted;
    return { ...this.known(judge), size: this.#size, isAnew };
  }

  /** @returns whether it is another one than it was, or has become shorter */
  async #readFile(judge: Judge): Promise<boolean> {
    const file = await open(this.path, 'r');
    try {
      const { dev, ino, size } = await file.stat();
      const place = `${dev} ${ino}`;
      const isAnew = this.#place !== '' && (place !== this.#place || size < this.#offset);
      if (isAnew) this.#forget();
      this.#place = place;
      await this.#readOn(file, size, judge);
      return isAnew;
    } finally {
      await file.close();
    }
  }

  /** What is known of it without looking. */
  known(judge: Judge): Pick<FileContent, 'note'> {
    if (this.#known && judge.isSettled(this.#known.size)) this.#known = this.#counted;
    return this.#known ? { note: this.#known.note } : {};
  }

  #forget(): void {
    this.#offset = 0;
    this.#candidates.clear();
    this.#counted = undefined;
    this.#size = 0;
  }

  async #readOn(file: FileHandle, size: number, judge: Judge): Promise<void> {
    const reader = new NoteReader(judge.origin, this.#offset, (note) => this.#add(note, judge));
    const buffer = Buffer.alloc(Math.max(1, Math.min(PIECE_BYTES, size - this.#offset)));
    let place = this.#offset;
    while (place < size) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - place), place);
      if (bytesRead === 0) break;
      place += bytesRead;
      reader.add(buffer.subarray(0, bytesRead));
    }
    reader.end();
    this.#offset = Math.max(reader.whole, place - MAX_TAIL_BYTES);
  }

  #add(found: FoundNote, judge: Judge): void {
    if (found.size <= (this.#counted?.size ?? 0)) return;
    this.#candidates.set(found.note, found);
    if (this.#candidates.size < MAX_CANDIDATES) return;
    this.#choose(judge);
    // What could not be believed makes room.
    this.#candidates.clear();
  }

  /** Opens them from the largest down, to the first that counts. */
  #choose(judge: Judge): void {
    const candidates = [...this.#candidates.values()].sort((one, other) => other.size - one.size);
    const counted = candidates.findIndex(({ note, size }) => {
      if (!judge.isSigned(note)) return false;
      this.#size = Math.max(this.#size, size);
      return !judge.isSettled(size);
    });
    if (counted < 0) return;
    this.#counted = candidates[counted];
    for (const { note } of candidates.slice(counted)) this.#candidates.delete(note);
  }
}

/** A note as it was found in a file, and how many records it says to cover, whether or not it can be believed. */
export interface FoundNote {
  readonly size: number;
  readonly note: string;
}

/** Lines are taken as Latin-1 has their bytes, so that places in the text are places in the file. */
const DASH = '\xe2\x80\x94 ';
/** Longer lines are junk, of which the end is kept. */
const MAX_LINE = 4_096;
/** As many cosignatures as there may be witnesses. */
const MAX_SIGNATURES = 64;
/** Origin, size and root. */
const TEXT_LINES = 3;

/**
 * Finds the checkpoints of one origin in the bytes of a file, piece by piece and in bounded memory. What stands between them is passed
 * over, also where it stands right before one.
 */
export class NoteReader {
  #line = '';
  #text: string[] = [];
  #isTextOver = false;
  #signatures: string[] = [];
  /** Bytes that were read. */
  #read: number;
  /** Behind the last note that nothing can be added to. */
  #whole: number;

  /** @param start the place of the first byte in the file */
  constructor(
    private readonly origin: string,
    start: number,
    private readonly found: (note: FoundNote) => void,
  ) {
    this.#read = start;
    this.#whole = start;
  }

  /** From where on what is added to the file later is to be read. */
  get whole(): number {
    return this.#whole;
  }

  add(bytes: Buffer): void {
    const piece = bytes.toString('latin1');
    let begin = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', begin)) {
      this.#read += end + 1 - begin;
      this.#add((this.#line + piece.slice(begin, end)).slice(-MAX_LINE));
      this.#line = '';
      begin = end + 1;
    }
    this.#read += piece.length - begin;
    this.#line = (this.#line + piece.slice(begin)).slice(-MAX_LINE);
  }

  /** The file ends here, perhaps in the middle of a note. */
  end(): void {
    this.#tell();
  }

  #add(line: string): void {
    if (line === '') {
      if (this.#signatures.length > 0) {
        this.#tell();
        this.#whole = this.#read;
        this.#begin();
      } else if (this.#text.length > 0 && !this.#isTextOver) this.#isTextOver = true;
      else this.#begin();
    } else if (this.#isTextOver && line.startsWith(DASH)) {
      if (this.#signatures.length < MAX_SIGNATURES) this.#signatures.push(line);
    } else {
      this.#tell();
      if (this.#isTextOver) this.#begin();
      this.#text = [...this.#text, line].slice(-TEXT_LINES);
    }
  }

  #begin(): void {
    this.#text = [];
    this.#isTextOver = false;
    this.#signatures = [];
  }

  #tell(): void {
    const [first = '', size = '', root = ''] = this.#text;
    if (this.#signatures.length === 0 || !/^[1-9]\d{0,15}$/.test(size)) return;
    // Half a line of somebody else's may stand in front of it.
    const origin = Buffer.from(this.origin).toString('latin1');
    if (!first.endsWith(origin)) return;
    const note = `${origin}\n${size}\n${root}\n\n${this.#signatures.join('\n')}\n`;
    this.found({ size: Number(size), note: Buffer.from(note, 'latin1').toString('utf8') });
  }
}

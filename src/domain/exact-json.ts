import { randomUUID, randomInt } from 'node:crypto';

import { stringify, isSafeNumber } from 'lossless-json';

import { JSON_BOUNDS, JsonBeyondBounds, type JsonBound, type JsonBounds } from './json-bounds.js';

/**
 * Parses JSON without ever rounding a number: integers beyond the safe ones become bigints, and other numbers that a double
 * can't hold become `NaN`, which no validation takes for a number. In everything else it does what `JSON.parse` does.
 *
 * @throws SyntaxError with the position when the text is no JSON
 * @throws JsonBeyondBounds when there is more in it than `JSON_BOUNDS` allow
 */
export function parseExact(text: string): unknown {
  if (isPlain(text, JSON_BOUNDS)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // The scan says where it is no JSON.
    }
  }
  const inexact = inexactNumbersIn(text, JSON_BOUNDS);
  if (inexact.length === 0) return JSON.parse(text) as unknown;
  const values = new Map<string, InexactNumber['value']>();
  const marked = withMarks(text, inexact, ({ value }) => {
    const mark = `${MARK}${values.size}`;
    values.set(mark, value);
    return mark;
  });
  return restored(JSON.parse(marked) as unknown, values);
}

/** A text in which marks stand for some of its numbers. */
function withMarks(
  text: string,
  numbers: readonly InexactNumber[],
  markOf: (number: InexactNumber) => string,
): string {
  const parts: string[] = [];
  let done = 0;
  for (const number of numbers) {
    parts.push(text.slice(done, number.start), `"${markOf(number)}"`);
    done = number.end;
  }
  return parts.join('') + text.slice(done);
}

/**
 * Documents of which parts travel on: a number that a double would round is written as it stood. Within the parsed values such a
 * number is a text that means nothing.
 */
export class ExactDocuments {
  readonly #literals: string[] = [];

  /** @throws SyntaxError, JsonBeyondBounds as `parseExact` does */
  parse(text: string): unknown {
    if (isPlain(text, JSON_BOUNDS)) return JSON.parse(text) as unknown;
    const marked = withMarks(text, inexactNumbersIn(text, JSON_BOUNDS), ({ start, end }) => {
      this.#literals.push(text.slice(start, end));
      return `${MARK}${this.#literals.length - 1}`;
    });
    return JSON.parse(marked) as unknown;
  }

  /** JSON of a value that is made of parts of what was parsed here. */
  write(value: unknown): string {
    const text = JSON.stringify(value);
    if (this.#literals.length === 0) return text;
    return text.replace(MARKS, (_, index: string) => this.#literals[Number(index)] ?? 'null');
  }
}

/** What stands for a number until the text is parsed. Nobody outside of the process knows it, so no text holds it otherwise. */
const MARK = `${randomUUID()}:`;
const MARKS = new RegExp(`"${MARK}(\\d+)"`, 'g');

/** Puts every number back in its place. The bounds keep it from going too deep. */
function restored(value: unknown, numbers: ReadonlyMap<string, InexactNumber['value']>): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? numbers.get(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key in members) {
    const item = members[key];
    const exact = restored(item, numbers);
    // Assigning to __proto__ would not set a member of that name.
    if (exact !== item) Object.defineProperty(members, key, { value: exact });
  }
  return members;
}

/** Writes JSON; bigints become integers with all their digits. */
export function stringifyExact(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // That is what it does with a bigint, and the writer that can do them takes many times as long.
    if (error instanceof TypeError) return stringify(value) ?? 'null';
    throw error;
  }
}

/** A number that a double would round, and where it stands. */
interface InexactNumber {
  readonly start: number;
  readonly end: number;
  /** An integer beyond the safe ones; `NaN`: no integer. */
  readonly value: bigint | number;
}

/**
 * Looks once at every character of a text: whether it is JSON, whether it keeps the bounds, and which of its numbers
 * `JSON.parse` would round. It builds nothing, so what it costs depends on the length alone.
 *
 * @throws SyntaxError with the position when the text is no JSON
 * @throws JsonBeyondBounds
 */
export function inexactNumbersIn(text: string, bounds: JsonBounds): InexactNumber[] {
  return new Scan(text, bounds).run();
}

/**
 * Whether a text surely keeps the bounds and holds no number that `JSON.parse` would round, if it is JSON at all; most texts are so. It
 * takes a third of the time that the scan does, which decides about the others.
 */
function isPlain(text: string, bounds: JsonBounds): boolean {
  const names = new Set<number>();
  let [values, containers, depth, nameStart] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      nameStart = at;
      at = text.indexOf('"', at + 1);
      // It may go on, or never end.
      if (at < 0 || text.charCodeAt(at - 1) === BACKSLASH) return false;
    } else if (code === COLON) {
      names.add(hashOf(text, nameStart, at));
      if (names.size > bounds.names) return false;
    } else if (code === COMMA) {
      values += 1;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      containers += 1;
      depth += 1;
      if (depth > bounds.depth) return false;
    } else if (code === OPEN_OBJECT + 2 || code === CLOSE_LIST) {
      depth -= 1;
    } else if (isDigit(code)) {
      const start = at;
      while (isDigit(text.charCodeAt(at + 1))) at += 1;
      if (at - start >= ALWAYS_EXACT || PART_OF_NUMBER.has(text.charCodeAt(at + 1))) return false;
    }
  }
  return values + containers <= bounds.values && containers <= bounds.containers;
}

/** Shorter ones have at most so many digits, which a double always holds. */
const ALWAYS_EXACT = 15;

/** After digits: a point, an `E` or an `e`. */
const PART_OF_NUMBER: ReadonlySet<number> = new Set([0x2e, 0x45, 0x65]);

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;

class Scan {
  #at = 0;
  /** What ends each container that is open. */
  readonly #open: number[] = [];
  /** By a hash: that two share one is too rare to matter. */
  readonly #names = new Set<number>();
  readonly #inexact: InexactNumber[] = [];
  #containers = 0;
  #values = 0;
  #longIntegers = 0;
  #longFractions = 0;

  constructor(
    private readonly text: string,
    private readonly bounds: JsonBounds,
  ) {}

  run(): InexactNumber[] {
    this.#blank();
    do this.#value();
    while (this.#goesOn());
    return this.#inexact;
  }

  /** One value, or the beginning of one up to where its first member's or item's value stands. */
  #value(): void {
    for (;;) {
      const code = this.#code();
      if (code !== OPEN_OBJECT && code !== OPEN_LIST) return this.#scalar(code);
      const end = code + 2;
      this.#containers = this.#counted('containers', this.#containers + 1);
      this.#open.push(end);
      this.#counted('depth', this.#open.length);
      this.#at += 1;
      this.#blank();
      // The value that it ends is closed where values end.
      if (this.#code() === end) return;
      this.#item(end);
    }
  }

  /** After a value: closes what ends here, and stands at the next value if there is one. */
  #goesOn(): boolean {
    for (;;) {
      this.#blank();
      const end = this.#open.at(-1);
      if (end === undefined) {
        if (this.#at < this.text.length) this.#fail();
        return false;
      }
      const code = this.#code();
      if (code === COMMA) {
        this.#at += 1;
        this.#blank();
        this.#item(end);
        return true;
      }
      if (code !== end) this.#fail();
      this.#at += 1;
      this.#open.pop();
    }
  }

  /** What stands before the value of a member; nothing before an item. */
  #item(end: number): void {
    this.#values = this.#counted('values', this.#values + 1);
    if (end === CLOSE_LIST) return;
    if (this.#code() !== QUOTE) this.#fail();
    const start = this.#at;
    this.#string();
    this.#names.add(hashOf(this.text, start, this.#at));
    this.#counted('names', this.#names.size);
    this.#blank();
    if (this.#code() !== COLON) this.#fail();
    this.#at += 1;
    this.#blank();
  }

  #scalar(code: number): void {
    if (code === QUOTE) this.#string();
    else if (code === MINUS || isDigit(code)) this.#number();
    else this.#word();
  }

  #word(): void {
    const word = WORDS.find((known) => this.text.startsWith(known, this.#at));
    if (word === undefined) this.#fail();
    else this.#at += word.length;
  }

  /** Goes behind a string. */
  #string(): void {
    const { text } = this;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) at = this.#escape(at);
      // Beyond the end there is NaN, which is not at least anything.
      else if (code >= 0x20) at += 1;
      else this.#fail(at);
    }
    this.#at = at + 1;
  }

  /** @returns the place behind an escape */
  #escape(at: number): number {
    const code = this.text.charCodeAt(at + 1);
    if ('"\\/bfnrt'.includes(String.fromCharCode(code))) return at + 2;
    if (code !== 0x75) this.#fail(at + 1);
    for (let digit = at + 2; digit < at + 6; digit += 1) {
      if (!isHexDigit(this.text.charCodeAt(digit))) this.#fail(digit);
    }
    return at + 6;
  }

  #number(): void {
    const { text } = this;
    const start = this.#at;
    let at = text.charCodeAt(start) === MINUS ? start + 1 : start;
    at = text.charCodeAt(at) === 0x30 ? at + 1 : this.#digits(at);
    const whole = at;
    if (text[at] === '.') at = this.#digits(at + 1);
    const mantissa = at;
    if (text[at] === 'e' || text[at] === 'E') {
      const sign = text[at + 1] === '+' || text[at + 1] === '-';
      at = this.#digits(at + (sign ? 2 : 1));
    }
    this.#at = at;
    if (at === mantissa && at - start <= ALWAYS_EXACT) return;
    const isInteger = at === whole;
    this.#counted('numberLength', at - start);
    const literal = text.slice(start, at);
    const value = isInteger ? this.#integer(literal) : this.#fraction(literal);
    if (value !== undefined) this.#inexact.push({ start, end: at, value });
  }

  /** Undefined for one that a double holds as it is written. */
  #integer(literal: string): bigint | undefined {
    this.#longIntegers = this.#counted('longIntegers', this.#longIntegers + 1);
    return Number.isSafeInteger(Number(literal)) ? undefined : BigInt(literal);
  }

  /** Undefined for one that a double holds as it is written. */
  #fraction(literal: string): number | undefined {
    this.#longFractions = this.#counted('longFractions', this.#longFractions + 1);
    return isSafeNumber(literal) ? undefined : NaN;
  }

  /** @returns the place behind one digit or more */
  #digits(from: number): number {
    let at = from;
    while (isDigit(this.text.charCodeAt(at))) at += 1;
    if (at === from) this.#fail(at);
    return at;
  }

  #blank(): void {
    for (let code = this.#code(); code <= 0x20; code = this.#code()) {
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #code(): number {
    return this.text.charCodeAt(this.#at);
  }

  #counted(bound: JsonBound, count: number): number {
    if (count > this.bounds[bound]) throw new JsonBeyondBounds(bound, this.bounds[bound]);
    return count;
  }

  #fail(at = this.#at): never {
    throw new SyntaxError(`not JSON at position ${Math.min(at, this.text.length)}`);
  }
}

const WORDS = ['true', 'false', 'null'] as const;

/** Made anew for each process: nobody can write many names that share a hash. */
const SEED = randomInt(2 ** 32);
const FACTOR = randomInt(2 ** 31) * 2 + 1;

/** Of a part of a text as it is written. */
function hashOf(text: string, start: number, end: number): number {
  let hash = SEED;
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

import type { Field, Format } from './field.js';
import { readNamedFile } from './named-file.js';

export interface Secret {
  readonly value: string;
  /** The file it was read from; absent: it was written in place. */
  readonly file?: string;
}

const BYTE_ORDER_MARK = '\uFEFF';

/** What stands for a refused one: like every placeholder of a `Field`, nobody sees it. */
const REFUSED: Secret = { value: '' };

/**
 * A secret that is written in place or in a file, never both: two sources would leave it open which one counts. Undefined
 * when neither gives one.
 */
export function readSecret(
  inline: Field,
  file: Field,
  readFile: (path: string) => string,
  format?: Format,
): Secret | undefined {
  if (inline.raw === undefined) return file.given ? fromFile(file, readFile, format) : undefined;
  if (!file.given) return checked(inline, inline.raw, format);
  inline.note(`is also given as ${file.key}: remove one of the two`);
  return REFUSED;
}

/** The secret that a file holds: editors and `echo` end a file with a line break that is no part of it. */
export function secretInFile(content: string): string {
  return content.replace(/\r?\n$/, '');
}

/** What is wrong with a secret, in words that hold nothing of it; undefined when it can be used. */
export function problemOfSecret(value: unknown, format?: Format): string | undefined {
  if (typeof value !== 'string') return 'must be a text';
  if (value === '') return 'is empty: give it a value, or remove it';
  // What is not UTF-8 was read with this character in its place: another encoding, or no text at all.
  if (value.includes('\uFFFD')) return 'is not UTF-8 text: save it as such';
  if (value.startsWith(BYTE_ORDER_MARK)) return 'begins with a byte order mark: save it as UTF-8 without one';
  // They would have to be escaped wherever the secret is sent, and are a sign of a wrong file.
  if (/[\r\n\0]/.test(value)) return 'must not contain line breaks or NUL characters';
  // Copied along from a page or a chat: nobody would see why the secret is wrong, and IAM locks an account after a few tries.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) return 'must not contain invisible characters';
  if (/^\s|\s$/u.test(value)) return 'must not begin or end with a blank';
  return format === undefined || format.pattern.test(value) ? undefined : `must be ${format.allowed}`;
}

function fromFile(file: Field, readFile: (path: string) => string, format?: Format): Secret {
  const content = readNamedFile(file, readFile);
  if (content === undefined) return REFUSED;
  return { ...checked(file, secretInFile(content), format), file: String(file.raw) };
}

function checked(field: Field, value: unknown, format?: Format): Secret {
  const problem = problemOfSecret(value, format);
  if (problem === undefined) return { value: String(value) };
  field.note(problem);
  return REFUSED;
}

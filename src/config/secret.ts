import type { Field } from './field.js';
import type { Format } from './formats.js';

export interface SecretText {
  readonly value: string;
  /** The file it was read from; absent: it was written in place. */
  readonly file?: string;
}

/** What is wrong with it, in words that hold nothing of it. */
type Check = (raw: unknown) => string | undefined;

const BYTE_ORDER_MARK = '\uFEFF';

/** What stands for a refused one: a configuration with problems is never handed out. */
const REFUSED: SecretText = { value: '' };

/**
 * A secret that is written in place or in a file, never both: two sources would leave it open which one counts. Undefined
 * when neither gives one.
 */
export function readSecret(
  inline: Field,
  file: Field,
  readFile: (path: string) => string,
  check: Check,
): SecretText | undefined {
  if (inline.raw === undefined) return file.given ? fromFile(file, readFile, check) : undefined;
  if (!file.given) return checked(inline, inline.raw, check);
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
  // Copied along from a page or a chat: it would be hard to see why the secret is wrong, and IAM locks an account after a few tries.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) return 'must not contain invisible characters';
  if (/^\s|\s$/u.test(value)) return 'must not begin or end with a blank';
  return format === undefined || format.pattern.test(value) ? undefined : `must be ${format.allowed}`;
}

function fromFile(file: Field, readFile: (path: string) => string, check: Check): SecretText {
  const content = readNamedFile(file, readFile);
  if (content === undefined) return REFUSED;
  return { ...checked(file, secretInFile(content), check), file: String(file.raw) };
}

function checked(field: Field, raw: unknown, check: Check): SecretText {
  const problem = check(raw);
  if (problem === undefined) return { value: String(raw) };
  field.note(problem);
  return REFUSED;
}

/** The text of the file that a setting names; a problem when it cannot be read. Of the failure only its code is shown. */
export function readNamedFile(field: Field, readFile: (path: string) => string): string | undefined {
  if (typeof field.raw !== 'string') {
    field.note('must be the path of a file');
    return undefined;
  }
  try {
    return readFile(field.raw);
  } catch (error) {
    field.note(`names a file that cannot be read${codeOf(error)}: check its path and permissions`);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? ` (${code})` : '';
}

import type { Field } from './field.js';
import { readNamedFile } from './named-file.js';

export interface Secret {
  readonly value: string;
  readonly fromFile: boolean;
}

/** What stands for a refused one: like every placeholder of a `Field`, nobody sees it. */
const REFUSED: Secret = { value: '', fromFile: false };

/**
 * A secret that is written in place or in a file, never both: two sources would leave it open which one counts. Undefined
 * when neither gives one.
 */
export function readSecret(
  inline: Field,
  file: Field,
  readFile: (path: string) => string,
): Secret | undefined {
  if (inline.raw === undefined) return file.given ? fromFile(file, readFile) : undefined;
  if (!file.given) return checked(inline, inline.raw, false);
  inline.note(`is also given as ${file.key}: remove one of the two`);
  return REFUSED;
}

function fromFile(file: Field, readFile: (path: string) => string): Secret {
  const content = readNamedFile(file, readFile);
  // Editors and `echo` end a file with a line break that is no part of the secret.
  return content === undefined ? REFUSED : checked(file, content.replace(/\r?\n$/, ''), true);
}

function checked(field: Field, value: unknown, fromFile: boolean): Secret {
  if (typeof value !== 'string') field.note('must be a text');
  else if (value === '') field.note('is empty: give it a value, or remove it');
  // They would have to be escaped wherever the secret is sent, and are a sign of a wrong file.
  else if (/[\r\n\0]/.test(value)) field.note('must not contain line breaks or NUL characters');
  else return { value, fromFile };
  return REFUSED;
}

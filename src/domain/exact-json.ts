import { LosslessNumber, parse, stringify } from 'lossless-json';

/**
 * Text that `JSON.parse` might round without a word: a run of sixteen digits and points, or an exponent that could fall to
 * zero. It also matches inside strings, which only costs the exact parser's time.
 */
const MIGHT_ROUND = /[\d.]{16}|[eE]-\d{3}/;

/** An integer literal as JSON writes it. */
const INTEGER = /^-?\d+$/;

function exactNumber(literal: string): number | bigint | LosslessNumber {
  const value = Number(literal);
  if (INTEGER.test(literal)) return Number.isSafeInteger(value) ? value : BigInt(literal);
  return isExact(literal, value) ? value : new LosslessNumber(literal);
}

/** Whether the double prints with the digits it was written with; up to fifteen digits always survive. */
function isExact(literal: string, value: number): boolean {
  const digits = literal
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  return digits.length <= 15 && (value !== 0 || digits === '');
}

/**
 * Parses JSON without ever rounding a number: integers beyond the safe ones become bigints, and other numbers that a double
 * can't hold become `LosslessNumber` objects, which no validation takes for a number.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseExact(text: string): unknown {
  return MIGHT_ROUND.test(text) ? parse(text, undefined, exactNumber) : (JSON.parse(text) as unknown);
}

/** Writes JSON; bigints become integers with all their digits. */
export function stringifyExact(value: unknown, exact: boolean): string {
  return exact ? (stringify(value) ?? 'null') : JSON.stringify(value);
}

import { isSafeNumber, parse, stringify } from 'lossless-json';

/**
 * Text that `JSON.parse` might round without a word: a run of sixteen digits and points, or an exponent that could fall to
 * zero. It also matches inside strings, which only costs the exact parser's time.
 */
const MIGHT_ROUND = /[\d.]{16}|[eE]-\d{3}/;

/** An integer literal as JSON writes it. */
const INTEGER = /^-?\d+$/;

function exactNumber(literal: string): number | bigint {
  if (isSafeNumber(literal)) return Number(literal);
  return INTEGER.test(literal) ? BigInt(literal) : NaN;
}

const EXACT = {
  parseNumber: exactNumber,
  // Of two members of one name the last one counts, whichever parser reads them.
  onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue,
};

/**
 * Parses JSON without ever rounding a number: integers beyond the safe ones become bigints, and other numbers that a double
 * can't hold become `NaN`, which no validation takes for a number. In everything else it does what `JSON.parse` does.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseExact(text: string): unknown {
  return MIGHT_ROUND.test(text) ? parse(text, undefined, EXACT) : (JSON.parse(text) as unknown);
}

/** Writes JSON; bigints become integers with all their digits. */
export function stringifyExact(value: unknown, exact: boolean): string {
  return exact ? (stringify(value) ?? 'null') : JSON.stringify(value);
}

import { isSafeNumber, parse, stringify } from 'lossless-json';

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
 * The exact parser is slow, so it only reads texts in which `JSON.parse` may have lost a digit, and those that are no JSON,
 * because it can say where.
 *
 * @throws SyntaxError when the text is no JSON
 * @throws RangeError when it is nested too deep
 */
export function parseExact(text: string): unknown {
  const value = hasFraction(text) ? undefined : parsed(text);
  return value !== undefined && allSafe(value, DEEPEST) ? value : parse(text, undefined, EXACT);
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Deeper values are left to the exact parser, whose stack ends in a RangeError. */
const DEEPEST = 64;

/** Whether every number is a safe integer. One that is, and was written without a fraction, was not rounded. */
function allSafe(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => allSafe(item, depth - 1));
  for (const key in value) {
    if (!allSafe((value as Record<string, unknown>)[key], depth - 1)) return false;
  }
  return true;
}

/**
 * Whether a number may be written with a fraction or a negative exponent: both can be rounded to an integer that looks as if
 * it had been meant. Text inside strings may look so too, which only costs the exact parser's time.
 */
function hasFraction(text: string): boolean {
  return ['.', 'e-', 'E-'].some((mark) => {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      if (endsNumber(text, at)) return true;
    }
    return false;
  });
}

/** Whether the characters before a place are the digits of a number, and not the middle of a word. */
function endsNumber(text: string, place: number): boolean {
  let at = place - 1;
  while (isDigit(text.charCodeAt(at))) at -= 1;
  if (at === place - 1) return false;
  const before = text[at];
  return (
    before === ':' ||
    before === ',' ||
    before === '[' ||
    before === '-' ||
    before === undefined ||
    before <= ' '
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Writes JSON; bigints become integers with all their digits. */
export function stringifyExact(value: unknown, exact: boolean): string {
  return exact ? (stringify(value) ?? 'null') : JSON.stringify(value);
}

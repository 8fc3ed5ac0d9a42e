import { randomUUID } from 'node:crypto';

import { stringify } from 'lossless-json';

import { JSON_BOUNDS } from './json-bounds.js';
import { inexactNumbersIn, type InexactNumber } from './json-scan.js';

/**
 * Parses JSON without ever rounding a number: integers beyond the safe ones become bigints, and other numbers that a double
 * can't hold become `NaN`, which no validation takes for a number. In everything else it does what `JSON.parse` does.
 *
 * @throws SyntaxError with the position when the text is no JSON
 * @throws JsonBeyondBounds when there is more in it than `JSON_BOUNDS` allow
 */
export function parseExact(text: string): unknown {
  const inexact = inexactNumbersIn(text, JSON_BOUNDS);
  if (inexact.length === 0) return JSON.parse(text) as unknown;
  const values = new Map<string, InexactNumber['value']>();
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, value } of inexact) {
    const mark = `${MARK}${values.size}`;
    values.set(mark, value);
    parts.push(text.slice(done, start), `"${mark}"`);
    done = end;
  }
  return restored(JSON.parse(parts.join('') + text.slice(done)) as unknown, values);
}

/** What stands for a number until the text is parsed. Nobody outside of the process knows it, so no text holds it otherwise. */
const MARK = `${randomUUID()}:`;

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

/** Writes JSON; bigints become integers with all their digits, if `exact` says that there may be any. */
export function stringifyExact(value: unknown, exact: boolean): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // That is what it does with a bigint, and the writer that can do them takes many times as long.
    if (exact && error instanceof TypeError) return stringify(value) ?? 'null';
    throw error;
  }
}

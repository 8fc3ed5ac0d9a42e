import { parseExact } from '../json.js';
import { refusedByHss } from '../refusal.js';
import { problemsOf, type Check } from '../shape.js';

/** Parses a JSON body; a Java back end answers a syntax error with "parsing failed". */
export function parsedBody(body: Buffer): unknown {
  try {
    return parseExact(body.toString('utf8'));
  } catch {
    throw refusedByHss('HSS.0002');
  }
}

/** Throws HSS.0001 that names the first thing that is wrong. */
export function checkedBy(check: Check, value: unknown): void {
  const [problem] = problemsOf(check, value);
  if (problem !== undefined) throw refusedByHss('HSS.0001', problem);
}

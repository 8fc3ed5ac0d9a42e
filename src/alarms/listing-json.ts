import { parseExact } from '../domain/exact-json.js';
import { list, object } from '../lists/listed-value.js';

/** Numbers of a listed alarm that are passed on, written so that a double may have rounded them to a whole one. */
const ROUNDABLE =
  /"(?:occur_time|handle_time|event_type|event_count|process_pid|file_attr|total_num)"\s*:\s*-?\d+[.eE]/;

/**
 * Parses a page of the listing without rounding a number that is passed on. The exact parser takes many times as long, and the
 * texts in a listing are full of what may look like a fraction to it; here only a handful of members are numbers that count.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseListing(body: string): unknown {
  if (ROUNDABLE.test(body)) return parseExact(body);
  const answer: unknown = JSON.parse(body);
  return list(object(answer)['data_list']).every(isExact) ? answer : parseExact(body);
}

/** A number beyond the safe integers is seen to be so, even after it was rounded. */
function isExact(listed: unknown): boolean {
  const { occur_time, handle_time } = object(listed);
  return [occur_time, handle_time].every((time) => typeof time !== 'number' || Number.isSafeInteger(time));
}

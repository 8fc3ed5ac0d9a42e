import { problemOfFault, type Problem } from '../problems/problem.js';
import { UNREADABLE_READ } from '../hss/index.js';

/**
 * Why a listing is not believed. What is not read is not known: it is never an empty list, and never "not listed".
 *
 * - `no_listing`: the answer is not one
 * - `not_whole`: its rows do not add up to the total that it names
 * - `without_id`: one of its rows has no id, so that nobody could be told what it is
 * - `not_proven`: it was read to its end, which does not prove that what was not seen is not there
 */
const WORDS = {
  no_listing: 'Upstream answered something that is not a listing, so what is listed is not known.',
  not_whole:
    "Upstream's listing gives fewer rows than the total that it names, so what is listed is not known.",
  without_id: "Upstream's listing has a row without an id, so what is listed is not known.",
  not_proven:
    "Upstream's listing could not be read as a whole: it names no total, has rows without an id, or changed while it was read. Whether an alarm that was not found is listed is not known.",
} as const;

/** The answer to whoever asked for what such a listing holds. */
export function unreadableListing(why: keyof typeof WORDS): Problem {
  return problemOfFault({ ...UNREADABLE_READ, detail: `${WORDS[why]} Nothing was done; try again later.` });
}

import { restAfter } from '../upstream/index.js';
import { unreadableListing } from './readers.js';

/** Upstream documents no offset beyond this. */
export const MAX_OFFSET = 2_000_000;
/** So many calls make one page at most: where few of many rows may be seen, the page is shorter. */
const MAX_CALLS = 20;

/** Where a list goes on. */
export interface Mark {
  readonly offset: number;
  /** What was seen of the list there, which shows whether it moved since; absent where nothing was. */
  readonly seen?: Seen;
}

export interface Seen {
  /** Name of the last row before the offset. */
  readonly last: string;
  /** `Infinity` where upstream did not say. */
  readonly total: number;
}

/** Rows from an offset on, as one call finds them; maybe fewer than were asked for. */
export interface Rows<T> {
  readonly rows: readonly T[];
  /** How many there are in all; absent where upstream does not say. */
  readonly total?: number;
}

export interface RowPage<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Mark;
  /** The list changed since the page before: rows may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** What makes a page of a list that upstream pages by offset. */
export interface Source<T> {
  read(offset: number, limit: number): Promise<Rows<T>>;
  /** What tells a row apart, in any state. */
  nameOf(row: T): string;
  /** Whether the caller may see it. */
  shows(row: T): boolean;
}

/** How many calls may still be made for a page; several lists that make one page share it. */
export interface CallBudget {
  calls: number;
}

export const callBudget = (): CallBudget => ({ calls: MAX_CALLS });

/**
 * One page. Each reading begins one row back, which shows a list that moved; where rows are gone it goes back by as many,
 * because they may have stood before: nothing that stays is then skipped, and some may come twice.
 *
 * @throws Problem where upstream gives no rows although its total says that there are more
 */
export async function readPage<T>(
  source: Source<T>,
  limit: number,
  mark?: Mark,
  budget = callBudget(),
): Promise<RowPage<T>> {
  const rows: T[] = [];
  let windowMoved = false;
  let at: Mark = mark ?? { offset: 0 };
  while (budget.calls > 0 && rows.length < limit) {
    budget.calls -= 1;
    const { offset, seen } = at;
    const back = seen ? 1 : 0;
    const found = await source.read(offset - back, limit - rows.length + back);
    const total = found.total ?? Infinity;
    // Where upstream did not say before, nothing can be seen to be gone.
    if (seen && seen.total !== Infinity && total < seen.total) {
      windowMoved = true;
      at = { offset: Math.max(0, offset - (seen.total - total)) };
      continue;
    }
    if (seen && !isWhere(seen, found, source)) windowMoved = true;
    const taken = take(source, found.rows.slice(back), limit - rows.length, rows);
    const rest = restAfter({ ...found, rows: taken }, offset);
    if (rest === 'contradicted') throw unreadableListing('not_whole');
    const last = taken.at(-1);
    if (rest !== 'more' || last === undefined) return { rows, windowMoved };
    at = { offset: offset + taken.length, seen: { last: source.nameOf(last), total } };
  }
  return { rows, next: at, windowMoved };
}

function isWhere<T>({ last, total }: Seen, found: Rows<T>, source: Source<T>): boolean {
  const [first] = found.rows;
  return first !== undefined && source.nameOf(first) === last && (found.total ?? Infinity) === total;
}

/** Adds what may be seen, up to `room`, and answers all that was looked at for it. */
function take<T>(source: Source<T>, found: readonly T[], room: number, into: T[]): readonly T[] {
  let left = room;
  for (const [index, row] of found.entries()) {
    if (!source.shows(row)) continue;
    into.push(row);
    left -= 1;
    if (left === 0) return found.slice(0, index + 1);
  }
  return found;
}

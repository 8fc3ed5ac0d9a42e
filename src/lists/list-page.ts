import { pageAt, type PageMark, type RowsFound } from '../hss/index.js';
import { unreadableListing } from './readers.js';

/** So many calls make one page at most: where few of many rows may be seen, the page is shorter. */
const MAX_CALLS = 20;

export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; absent at the end. */
  readonly next?: PageMark;
  /** The list changed since the page before: rows may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** What makes a page of a list that upstream pages by offset. */
export interface Source<Row> {
  read(offset: number, limit: number): Promise<RowsFound<Row>>;
  /** What identifies a row, in any state. */
  nameOf(row: Row): string;
  /** Whether the caller may see it. */
  shows(row: Row): boolean;
}

/** How many calls may still be made for a page; several lists that make one page share it. */
export interface CallBudget {
  calls: number;
}

export const callBudget = (): CallBudget => ({ calls: MAX_CALLS });

/**
 * One page of what the caller may see, from as many pages of upstream's as that takes.
 *
 * @throws Problem where upstream gives no rows although its total says that there are more
 */
export async function readPage<Row>(
  source: Source<Row>,
  limit: number,
  mark: PageMark = { offset: 0 },
  budget = callBudget(),
): Promise<RowPage<Row>> {
  const rows: Row[] = [];
  let windowMoved = false;
  let next = mark;
  while (budget.calls > 0 && rows.length < limit) {
    budget.calls -= 1;
    const page = await pageAt<Row, RowsFound<Row>>(
      next,
      limit - rows.length,
      (offset, wanted) => source.read(offset, wanted),
      (row) => source.nameOf(row),
    );
    windowMoved ||= page.moved;
    const looked = take(source, page.rows, limit, rows);
    if (looked === page.rows.length) {
      if (page.rest === 'contradicted') throw unreadableListing('not_whole');
      if (page.rest !== 'more') return { rows, windowMoved };
    }
    next = page.markAfter(looked);
  }
  return { rows, next, windowMoved };
}

/** Adds what may be seen, up to `limit` rows, and answers how many were looked at for it. */
function take<Row>(source: Source<Row>, found: readonly Row[], limit: number, into: Row[]): number {
  for (const [index, row] of found.entries()) {
    if (!source.shows(row)) continue;
    into.push(row);
    if (into.length === limit) return index + 1;
  }
  return found.length;
}

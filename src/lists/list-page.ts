import { restAfter } from '../hss/index.js';
import { unreadableListing } from './unreadable-listing.js';

/** Where a list goes on. */
export interface Mark {
  readonly offset: number;
  /** What was seen of the list there, by which it is told whether it moved since; absent where nothing was. */
  readonly seen?: Seen;
}

export interface Seen {
  /** Name of the last line before the offset. */
  readonly last: string;
  /** `Infinity` where upstream did not say. */
  readonly total: number;
}

/** Lines from an offset on, as one call finds them; maybe fewer than were asked for. */
export interface Lines<T> {
  readonly lines: readonly T[];
  /** How many there are in all; absent where upstream does not say. */
  readonly total?: number;
}

export interface LinePage<T> {
  readonly lines: readonly T[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Mark;
  /** The list changed since the page before: lines may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** What makes a page of a list that upstream pages by offset. */
export interface Source<T> {
  read(offset: number, limit: number): Promise<Lines<T>>;
  /** What tells a line apart, whatever state it is in. */
  nameOf(line: T): string;
  /** Whether the asker may see it. */
  shows(line: T): boolean;
}

/** So many calls make one page at most: where few of many lines may be seen, the page is shorter. */
const MAX_CALLS = 20;

/**
 * One page. Each reading begins one line back, so that a list that moved shows; where lines are gone it goes back by as many,
 * because they may have stood before: nothing that stays is then skipped, and some may come twice.
 *
 * @throws Problem where upstream gives no lines although its total says that there are more
 */
export async function readPage<T>(source: Source<T>, limit: number, mark?: Mark): Promise<LinePage<T>> {
  const lines: T[] = [];
  let windowMoved = false;
  let at: Mark = mark ?? { offset: 0 };
  for (let calls = 0; calls < MAX_CALLS && lines.length < limit; calls += 1) {
    const { offset, seen } = at;
    const back = seen ? 1 : 0;
    const found = await source.read(offset - back, limit - lines.length + back);
    const total = found.total ?? Infinity;
    // Where upstream did not say before, nothing can be told to be gone.
    if (seen && seen.total !== Infinity && total < seen.total) {
      windowMoved = true;
      at = { offset: Math.max(0, offset - (seen.total - total)) };
      continue;
    }
    if (seen && !isWhere(seen, found, source)) windowMoved = true;
    const taken = take(source, found.lines.slice(back), limit - lines.length, lines);
    const rest = restAfter({ ...found, rows: taken }, offset);
    if (rest === 'contradicted') throw unreadableListing('not_whole');
    const last = taken.at(-1);
    if (rest !== 'more' || last === undefined) return { lines, windowMoved };
    at = { offset: offset + taken.length, seen: { last: source.nameOf(last), total } };
  }
  return { lines, next: at, windowMoved };
}

function isWhere<T>({ last, total }: Seen, found: Lines<T>, source: Source<T>): boolean {
  const [first] = found.lines;
  return first !== undefined && source.nameOf(first) === last && (found.total ?? Infinity) === total;
}

/** Adds what may be seen, up to `room`, and answers all that was looked at for it. */
function take<T>(source: Source<T>, found: readonly T[], room: number, into: T[]): readonly T[] {
  let left = room;
  for (const [index, line] of found.entries()) {
    if (!source.shows(line)) continue;
    into.push(line);
    left -= 1;
    if (left === 0) return found.slice(0, index + 1);
  }
  return found;
}

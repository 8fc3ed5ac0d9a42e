import type { Category } from '../domain/upstream-words.js';
import { unreadableListing } from '../lists/unreadable-listing.js';
import { restAfter } from '../hss/index.js';
import type { Alarm } from './alarm.js';
import type { Rows } from './alarm-rows.js';

/** Where a listing goes on. */
export interface Position {
  readonly category: Category;
  readonly offset: number;
  /** What was seen of the listing there, by which it is told whether it moved since; absent where nothing was. */
  readonly seen?: {
    /** Id of the last row before the offset. */
    readonly lastId: string;
    readonly total: number;
  };
}

/** Where to read so that a moved window shows: one row back, where there is one to be known again. */
function readFrom({ offset, seen }: Position): { offset: number; more: number } {
  return seen ? { offset: offset - 1, more: 1 } : { offset, more: 0 };
}

/**
 * What reading one row back says of the window.
 *
 * - `same`: nothing moved, as far as can be told
 * - `moved`: something did, and going on from here may repeat alarms but, by the count, skips none
 * - `shrunk`: so many rows are gone, from before the offset for all that is known: go back by as many, or alarms are skipped
 */
type Movement = { readonly kind: 'same' | 'moved' } | { readonly kind: 'shrunk'; readonly by: number };

function movementOf({ seen }: Position, { rows, total }: Rows): Movement {
  if (!seen) return { kind: 'same' };
  if (total !== undefined && total < seen.total) return { kind: 'shrunk', by: seen.total - total };
  const same = rows[0]?.eventId === seen.lastId && (total === undefined || total === seen.total);
  return { kind: same ? 'same' : 'moved' };
}

/** Where to go on after some rows of a position were taken; undefined at the end of its category. @throws Problem */
function after({ category, offset }: Position, page: Rows): Position | undefined {
  const { rows, total } = page;
  const rest = restAfter(page, offset);
  if (rest === 'contradicted') throw unreadableListing('not_whole');
  if (rest !== 'more') return undefined;
  const lastId = rows.at(-1)?.eventId;
  const seen = lastId !== undefined && total !== undefined ? { lastId, total } : undefined;
  return { category, offset: offset + rows.length, ...(seen && { seen }) };
}

/** What was read at a position. */
export interface Step {
  readonly alarms: readonly Alarm[];
  readonly moved: boolean;
  /** Where to go on; absent at the end of the category. */
  readonly next: Position | undefined;
}

/**
 * Up to `limit` alarms from a position on, by a way to read rows at an offset.
 *
 * @throws Problem where upstream gives no rows although its total says that there are more
 */
export async function readStep(
  position: Position,
  limit: number,
  read: (offset: number, limit: number) => Promise<Rows>,
): Promise<Step> {
  const from = readFrom(position);
  const found = await read(from.offset, limit + from.more);
  const movement = movementOf(position, found);
  if (movement.kind !== 'shrunk') {
    const rows = found.rows.slice(from.more);
    return stepOf(position, { ...found, rows }, movement.kind === 'moved');
  }
  const back: Position = { ...position, offset: Math.max(0, position.offset - movement.by) };
  return stepOf(back, await read(back.offset, limit), true);
}

function stepOf(position: Position, found: Rows, moved: boolean): Step {
  const alarms = found.rows.filter((row): row is Alarm => row !== undefined);
  if (alarms.length < found.rows.length) throw unreadableListing('without_id');
  return { alarms, moved, next: after(position, found) };
}

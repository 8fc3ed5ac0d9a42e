import type { OperationFilter, OperationRow } from '../../audit/index.js';
import { limitOf, windowOf, wordsOf } from '../../lists/filter-fields.js';
import { readCursor, readPlace } from './receipt-page.js';
import type { OutcomesQueryDto, OperationQueryDto, View } from './receipt-query.dto.js';

/** What a query string asks for. */
export interface AskedReceipts {
  /** Absent: the asker's own. */
  readonly caller?: string;
  /** What the database finds at once, however many operations there are. */
  readonly filter: OperationFilter;
  /** What has to be looked at, one operation after the other; absent: nothing. */
  readonly fits?: (row: OperationRow) => boolean;
  readonly view: View;
  readonly limit: number;
}

/** @param now epoch milliseconds */
export function readQuery(asked: OperationQueryDto, now: number): AskedReceipts {
  const { caller, alarm, view = 'summary', cursor } = asked;
  const before = readCursor(cursor);
  const { from, to } = windowOf(asked, now);
  const fits = fitting(asked);
  return {
    ...(caller !== undefined && { caller }),
    filter: {
      ...(alarm !== undefined && { eventId: alarm }),
      ...(from !== undefined && { from }),
      // The database counts up to and without.
      ...(to !== undefined && { to: to + 1 }),
      ...(before !== undefined && { before }),
      ...unfinishedOf(asked),
    },
    ...(fits && { fits }),
    view,
    limit: limitOf(asked),
  };
}

/** Which alarms, or items, of a receipt a query string asks for. */
export interface AskedOutcomes {
  readonly fits: (entry: { readonly outcome: string }) => boolean;
  /** The first that may be listed, by its place in the receipt. */
  readonly start: number;
  readonly limit: number;
}

export function readOutcomesQuery(asked: OutcomesQueryDto): AskedOutcomes {
  const wanted = setOf(asked.outcome);
  return {
    fits: ({ outcome }) => wanted?.has(outcome) ?? true,
    start: readPlace(asked.cursor) ?? 0,
    limit: limitOf(asked),
  };
}

function fitting(asked: OperationQueryDto): AskedReceipts['fits'] {
  const { project, enterpriseProjectId } = asked;
  const [operations, statuses] = [setOf(asked.operation), setOf(asked.status)];
  if (!(operations ?? statuses ?? project ?? enterpriseProjectId)) return undefined;
  return (row) =>
    (operations?.has(row.operation) ?? true) &&
    (statuses?.has(row.status) ?? true) &&
    (project === undefined || row.project === project) &&
    (enterpriseProjectId === undefined || row.enterpriseProjectId === enterpriseProjectId);
}

/** What is pending is open. */
function unfinishedOf({ status }: OperationQueryDto): Pick<OperationFilter, 'unfinished'> {
  if (status === 'pending') return { unfinished: 'open' };
  return status === 'unknown' ? { unfinished: 'unknown' } : {};
}

function setOf(words: string | string[] | undefined): ReadonlySet<string> | undefined {
  return words === undefined ? undefined : new Set(wordsOf(words));
}

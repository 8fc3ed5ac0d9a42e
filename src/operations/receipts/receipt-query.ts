import type { OperationFilter } from '../../audit/index.js';
import type { OperationStatus } from '../../domain/outcome.js';
import { limitOf, windowOf, wordsOf } from '../../lists/filter-fields.js';
import { readCursor, readPlace } from './receipt-page.js';
import type { OutcomesQueryDto, OperationQueryDto, View } from './receipt-query.dto.js';

/** What a query string asks for. */
export interface AskedReceipts {
  /** Absent: the asker's own. */
  readonly caller?: string;
  readonly filter: OperationFilter;
  readonly view: View;
  readonly limit: number;
}

/** @param now epoch milliseconds */
export function readQuery(asked: OperationQueryDto, now: number): AskedReceipts {
  const { caller, alarm, view = 'summary', cursor } = asked;
  const before = readCursor(cursor);
  const { from, to } = windowOf(asked, now);
  const fits = fitting(asked);
  const statuses = setOf(asked.status) as ReadonlySet<OperationStatus> | undefined;
  return {
    ...(caller !== undefined && { caller }),
    filter: {
      ...(alarm !== undefined && { eventId: alarm }),
      ...(from !== undefined && { from }),
      // The database counts up to and without.
      ...(to !== undefined && { to: to + 1 }),
      ...(before !== undefined && { before }),
      ...(statuses && { statuses }),
      ...(fits && { fits }),
    },
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

function fitting(asked: OperationQueryDto): OperationFilter['fits'] {
  const { project, enterpriseProjectId } = asked;
  const operations = setOf(asked.operation);
  if (!(operations ?? project ?? enterpriseProjectId)) return undefined;
  return (kind) =>
    (operations?.has(kind.operation) ?? true) &&
    (project ?? kind.project) === kind.project &&
    (enterpriseProjectId ?? kind.enterpriseProjectId) === kind.enterpriseProjectId;
}

function setOf(words: string | string[] | undefined): ReadonlySet<string> | undefined {
  return words === undefined ? undefined : new Set(wordsOf(words));
}

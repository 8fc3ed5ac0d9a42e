import { parseExact } from '../domain/exact-json.js';
import { OPERATION_TYPES, type OperationType } from '../domain/operation-type.js';
import { listedEvents, type ListedEvent } from './read-events.js';
import { standsInLists } from './read-lists.js';
import type { Read, ReadBack } from './upstream-call.js';
import type { WireEvent, WireOperateBody } from './wire.js';

/**
 * How an alarm stands now, compared with what an operation wants.
 *
 * - `as_wanted`: as it should be after the operation
 * - `otherwise`: clearly not so
 * - `unclear`: it was not found, could not be read, or upstream's lists contradict each other
 */
export type Standing = 'as_wanted' | 'otherwise' | 'unclear';

export interface AlarmStanding {
  readonly eventId: string;
  readonly standing: Standing;
  /** Epoch milliseconds of its last handling, where upstream tells. */
  readonly handledAt?: number;
}

/** Upstream's clock and ours may differ by so much. */
const CLOCK_SKEW_MS = 5_000;

/** Whether an alarm that stands as wanted was handled so before a moment, in epoch milliseconds, by all we can tell. */
export function stoodBefore({ handledAt }: AlarmStanding, moment: number): boolean {
  return handledAt !== undefined && handledAt < moment - CLOCK_SKEW_MS;
}

/** Reads how every alarm of an operate call stands now: the listing first, then the lists that the type of operation changes. */
export async function standingsOf(readBack: ReadBack, read: Read): Promise<AlarmStanding[]> {
  const { operate_event_list: events } = parseExact(readBack.body) as WireOperateBody;
  const listed = await listedEvents(readBack, events, read);
  return Promise.all(
    events.map(async (event) => {
      const found = listed?.get(event.event_id);
      const standing = await standingOf(readBack, event, found, read);
      const handledAt = Number(found?.handle_time);
      return {
        eventId: event.event_id,
        standing,
        ...(found?.handle_time !== undefined && Number.isFinite(handledAt) && { handledAt }),
      };
    }),
  );
}

async function standingOf(
  readBack: ReadBack,
  event: WireEvent,
  found: ListedEvent | undefined,
  read: Read,
): Promise<Standing> {
  if (!found) return 'unclear';
  const inListing = showsHandling(readBack.operation, found);
  const inLists = await standsInLists(readBack, event, read);
  if (inLists === 'not_listed_anywhere') return inListing ? 'as_wanted' : 'otherwise';
  if (inLists === 'unclear') return 'unclear';
  if (inListing) return inLists === 'as_wanted' ? 'as_wanted' : 'unclear';
  return inLists === 'as_wanted' ? 'unclear' : 'otherwise';
}

/** Whether the listing shows an alarm as it should be after the operation (contract 1.6, 2.1). */
function showsHandling(operation: OperationType, { handle_status, handle_method }: ListedEvent): boolean {
  if (!OPERATION_TYPES[operation].takesBack)
    return handle_status === 'handled' && handle_method === operation;
  return handle_status === 'unhandled' || handle_method !== OPERATION_TYPES[operation].inverse;
}

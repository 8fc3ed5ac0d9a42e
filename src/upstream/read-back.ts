import { parseExact } from '../domain/exact-json.js';
import { isListOperation, OPERATIONS, type OperationName } from '../domain/operation-name.js';
import { listedEvents, type ListedEvent } from './read-events.js';
import { itemStandings } from './read-items.js';
import { standsInLists } from './read-lists.js';
import type { AlarmStanding, Standing } from './standing.js';
import type { Read, ReadBack } from './upstream-call.js';
import type { WireEvent, WireOperateBody } from './wire.js';

/**
 * Reads how everything that a call acts on stands now. Of an alarm: the listing first, then the lists that the type of operation
 * changes. Of an item of a list: that list.
 */
export async function standingsOf(readBack: ReadBack, read: Read): Promise<AlarmStanding[]> {
  const { operation } = readBack;
  if (isListOperation(operation)) return itemStandings(operation, readBack, read);
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
function showsHandling(operation: OperationName, { handle_status, handle_method }: ListedEvent): boolean {
  if (!OPERATIONS[operation].takesBack) return handle_status === 'handled' && handle_method === operation;
  return handle_status === 'unhandled' || handle_method !== OPERATIONS[operation].inverse;
}

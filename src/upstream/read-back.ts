import { parseExact } from '../domain/exact-json.js';
import { isListOperation, OPERATIONS, type OperationName } from '../domain/operation-name.js';
import { isSameAlarm, listedEvents, type ListedEvent } from './read-events.js';
import { itemStandings } from './read-items.js';
import { standsInLists } from './read-lists.js';
import type { AlarmStanding } from './standing.js';
import type { Read, ReadBack } from './upstream-call.js';
import type { WireEvent, WireOperateBody } from './wire.js';

/**
 * What is to be known: of each alarm how it stands, or only which stand as wanted, for which fewer calls do; of the others
 * `otherwise` may then be said of what is unclear.
 */
export type Asked = 'all' | 'as_wanted';

/**
 * Reads how everything that a call acts on stands now. Of an alarm: the listing first, then the lists that the type of operation
 * changes. Of an item of a list: that list.
 */
export async function standingsOf(
  readBack: ReadBack,
  read: Read,
  asked: Asked = 'all',
): Promise<AlarmStanding[]> {
  const { operation } = readBack;
  if (isListOperation(operation)) return itemStandings(operation, readBack, read);
  const { operate_event_list: events } = parseExact(readBack.body) as WireOperateBody;
  const listed = await listedEvents(readBack, events, read);
  return Promise.all(
    events.map(async (event) => {
      const found = listed?.get(event.event_id);
      const stands = await standingOf(readBack, event, found, read, asked);
      const handledAt = Number(found?.handle_time);
      return {
        eventId: event.event_id,
        ...stands,
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
  asked: Asked,
): Promise<Pick<AlarmStanding, 'standing' | 'underWay'>> {
  if (!found) return { standing: 'unclear' };
  const inListing = showsHandling(readBack.operation, found);
  // Of one that is named wrongly upstream must have the word.
  if (asked === 'as_wanted' && !(inListing && isSameAlarm(found, event))) return { standing: 'otherwise' };
  const { standing: inLists, underWay } = await standsInLists(readBack, event, read);
  if (inLists === 'not_listed_anywhere') return { standing: inListing ? 'as_wanted' : 'otherwise' };
  if (inLists === 'unclear') return { standing: 'unclear' };
  if (inListing !== (inLists === 'as_wanted')) return { standing: 'unclear' };
  return { standing: inLists, ...(underWay && { underWay }) };
}

/** Whether the listing shows an alarm as it should be after the operation (contract 1.6, 2.1). */
function showsHandling(operation: OperationName, { handle_status, handle_method }: ListedEvent): boolean {
  if (!OPERATIONS[operation].takesBack) return handle_status === 'handled' && handle_method === operation;
  return handle_status === 'unhandled' || handle_method !== OPERATIONS[operation].inverse;
}

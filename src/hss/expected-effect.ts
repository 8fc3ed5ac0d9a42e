import { parseExact } from '../domain/exact-json.js';
import { isListOperation } from '../domain/operation-name.js';
import { isOperationType, OPERATION_TYPES, type OperationType } from '../domain/operation-type.js';
import { isSameAlarm, listedEvents, mismatchOf, type ListedEvent } from './read-events.js';
import { itemStandings } from './read-items.js';
import { standsInLists } from './read-lists.js';
import type { ObservedAlarm, ObservedState } from './observed-state.js';
import type { Read, ExpectedEffect } from '../upstream/upstream-call.js';
import type { WireEvent, WireOperateBody } from '../upstream/wire.js';

/**
 * What is to be known: of each alarm how it stands, or only which stand as wanted, for which fewer calls do; of the others
 * `otherwise` may then be said of what is unclear.
 */
export type Asked = 'all' | 'as_wanted';

/**
 * Reads how everything that a call acts on stands now. Of an alarm: the listing first, then the lists that the type of operation
 * changes. Of an item of a list: that list.
 */
export async function observedStatesOf(
  readBack: ExpectedEffect,
  read: Read,
  asked: Asked = 'all',
): Promise<ObservedAlarm[]> {
  const { operation } = readBack;
  if (isListOperation(operation)) return itemStandings(operation, readBack, read);
  const { operate_event_list: events } = parseExact(readBack.body) as WireOperateBody;
  const listed = await listedEvents(readBack, events, read);
  return Promise.all(
    events.map(async (event) => {
      const found = listed?.byId.get(event.event_id);
      const eventId = event.event_id;
      if (!found) {
        const missing = listed?.isComplete === true && { missing: 'not_listed' as const };
        return { eventId, standing: 'unclear' as const, ...missing };
      }
      const mismatch = mismatchOf(found, event);
      const named = mismatch.length > 0 && { mismatch };
      if (isSameAlarm(found, event) === false) {
        return { eventId, standing: 'unclear' as const, missing: 'named_wrongly' as const, ...named };
      }
      const stands = await standingOf(operation, readBack, event, found, read, asked);
      return { eventId, ...stands, ...named };
    }),
  );
}

async function standingOf(
  operation: OperationType,
  readBack: ExpectedEffect,
  event: WireEvent,
  found: ListedEvent,
  read: Read,
  asked: Asked,
): Promise<Pick<ObservedAlarm, 'standing' | 'underWay'>> {
  const listing = handlingIn(operation, found);
  if (asked === 'as_wanted' && listing !== 'as_wanted') return { standing: listing };
  const { standing: lists, underWay } = await standsInLists(readBack, event, found, read);
  if (lists === 'not_listed_anywhere') return { standing: listing };
  if (lists !== listing) return { standing: 'unclear' };
  return { standing: lists, ...(underWay && { underWay }) };
}

/** How the listing shows an alarm, compared with how it should be after the operation (contract 1.6, 2.1). */
function handlingIn(operation: OperationType, { handle_status, handle_method }: ListedEvent): ObservedState {
  const { isReversal: takesBack, inverse } = OPERATION_TYPES[operation];
  if (handle_status === 'unhandled') return takesBack ? 'as_wanted' : 'otherwise';
  // A word that is not documented, or none, says nothing.
  if (handle_status !== 'handled' || !isOperationType(handle_method)) return 'unclear';
  return (takesBack ? handle_method !== inverse : handle_method === operation) ? 'as_wanted' : 'otherwise';
}

import { parseExact } from '../domain/exact-json.js';
import { isListOperation } from '../domain/operation-name.js';
import { OPERATION_TYPES, type OperationType } from '../domain/operation-type.js';
import { isSameAlarm, listedEvents, mismatchOf, type ListedEvent } from './read-events.js';
import { observedStatesOf } from './expected-effect.js';
import type { ObservedAlarm } from './observed-state.js';
import type { Read, ExpectedEffect } from '../upstream/upstream-call.js';
import type { WireEvent, WireOperateBody } from '../upstream/wire.js';

/**
 * What upstream's state says will come of an alarm in an operate call.
 *
 * - `accepted`: nothing in it speaks against it
 * - `refused`: upstream will say no, and why
 * - `untold`: the state does not tell, and why
 */
export interface Prediction {
  readonly eventId: string;
  readonly will: 'accepted' | 'refused' | 'untold';
  /** Code of the fault that upstream will answer with, or of what is not known. */
  readonly reason?: string;
  /** It stands as wanted now. */
  readonly already: boolean;
  /** Upstream is still at work on it. */
  readonly underWay?: true;
  /** What the call says of the alarm and upstream lists otherwise; absent: nothing. */
  readonly mismatch?: readonly string[];
}

/** Reads upstream's state and tells what would come of an operate call's alarms, in its order. Nothing is changed. */
export async function predictOutcome(readBack: ExpectedEffect, read: Read): Promise<Prediction[]> {
  const { operation } = readBack;
  if (isListOperation(operation)) throw new Error(`${operation} acts on no alarms`);
  const { operate_event_list: events } = parseExact(readBack.body) as WireOperateBody;
  const listed = await listedEvents(readBack, events, read);
  if (!listed) return events.map(({ event_id }) => untold(event_id, 'state_unreadable'));
  const standings = new Map(
    (await observedStatesOf(readBack, read, 'as_wanted')).map((found) => [found.eventId, found]),
  );
  return events.map((event) => {
    const found = listed.byId.get(event.event_id);
    if (!found && !listed.isComplete) return untold(event.event_id, 'state_unreadable');
    if (!found) return refused(event.event_id, 'alarm_not_found');
    const mismatch = mismatchOf(found, event);
    const named = mismatch.length > 0 && { mismatch };
    if (isSameAlarm(found, event) === false)
      return { ...refused(event.event_id, 'alarm_not_found'), ...named };
    return { ...forecast(operation, event, found, standings.get(event.event_id)), ...named };
  });
}

const untold = (eventId: string, reason: string): Prediction => ({
  eventId,
  will: 'untold',
  reason,
  already: false,
});
const refused = (eventId: string, reason: string): Prediction => ({
  eventId,
  will: 'refused',
  reason,
  already: false,
});

function forecast(
  operation: OperationType,
  event: WireEvent,
  found: ListedEvent,
  stands: ObservedAlarm | undefined,
): Prediction {
  const { event_id: eventId } = event;
  const already = stands?.standing === 'as_wanted';
  const mark = {
    already,
    ...(stands?.underWay && { underWay: true as const }),
  };
  const acceptance = acceptanceOf(operation, found);
  if (acceptance === 'refused') return { ...refused(eventId, 'operation_not_supported'), ...mark };
  const agent = agentOf(operation, event, found);
  if (agent !== undefined)
    return { ...(agent === 'agent_unknown' ? untold : refused)(eventId, agent), ...mark };
  if (acceptance === 'untold') return { ...untold(eventId, 'not_listed_as_accepted'), ...mark };
  return { eventId, will: 'accepted', ...mark };
}

/**
 * Upstream lists what an alarm takes now (contract 2.1): before it is handled its forward types, afterwards the way back. Of
 * another forward type it then says nothing.
 */
function acceptanceOf(operation: OperationType, found: ListedEvent): 'accepted' | 'refused' | 'untold' {
  const { isReversal: takesBack, inverse } = OPERATION_TYPES[operation];
  const forward = takesBack ? inverse : operation;
  const { operate_accept_list: accepts, handle_status: status, handle_method: method } = found;
  if (!Array.isArray(accepts)) return 'untold';
  if (accepts.includes(operation) || accepts.includes(forward)) return 'accepted';
  if (status === 'unhandled') return 'refused';
  return status === 'handled' && method === forward ? 'accepted' : 'untold';
}

/** What an agent's state means for a task (contract 2.1); undefined: it can do it. */
const AGENTS: Readonly<Record<string, string | undefined>> = {
  online: undefined,
  installed: undefined,
  offline: 'agent_offline',
  not_installed: 'agent_missing',
};

function agentsOf({ operate_detail_list: details }: ListedEvent): unknown[] {
  return Array.isArray(details)
    ? details.map((detail: { agent_id?: unknown } | null) => detail?.agent_id)
    : [];
}

/** An isolation, either way, is a task for the agent on the alarm's host; other hosts' agents are not in the listing. */
function agentOf(operation: OperationType, event: WireEvent, found: ListedEvent): string | undefined {
  if (!OPERATION_TYPES[operation].requiredDetails.includes('agentId')) return undefined;
  const known = new Set(agentsOf(found));
  if (event.operate_detail_list.some(({ agent_id }) => !known.has(agent_id))) return 'agent_unknown';
  const { agent_status: status } = found;
  return typeof status === 'string' && Object.hasOwn(AGENTS, status) ? AGENTS[status] : 'agent_unknown';
}

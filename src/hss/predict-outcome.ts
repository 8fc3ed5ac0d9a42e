import type { CallContext } from '../domain/caller.js';
import { isOperationType, OPERATIONS, type OperationType } from '../domain/operation-type.js';
import type { UpstreamClient } from '../upstream/upstream.client.js';
import type { WireEvent } from './wire.js';
import { eventsOf, type HssAct } from './calls.js';
import { listedEvents } from './event-search.js';
import { listingsOf, type ListedRow } from './listing.js';
import { alarmStates, listedAs, type ObservedAlarm } from './observed-state.js';

/**
 * What upstream's state says will come of an alarm in an operate call.
 *
 * - `accepted`: nothing in it speaks against it
 * - `refused`: upstream will say no, and why
 * - `undetermined`: the state does not show it, and why
 */
export interface Prediction {
  readonly eventId: string;
  readonly will: 'accepted' | 'refused' | 'undetermined';
  /** Code of the fault that upstream will answer with, or of what is not known. */
  readonly reason?: string;
  /** Its state matches already. */
  readonly already: boolean;
  /** Upstream is still at work on it. */
  readonly underWay?: true;
  /** Fields that the call and upstream's listing give different values for; absent: none. */
  readonly mismatch?: readonly string[];
}

/** Reads upstream's state and predicts what would come of an operate call's alarms, in its order. Nothing is changed. */
export async function predictOutcomes(
  client: UpstreamClient,
  act: HssAct,
  context: CallContext,
): Promise<Prediction[]> {
  const { operation } = act;
  if (!isOperationType(operation)) throw new Error(`${operation} acts on no alarms`);
  const read = listingsOf(client, context);
  const events = eventsOf(act.body);
  const listed = await listedEvents(act, events, read);
  if (!listed) return events.map(({ event_id }) => undetermined(event_id, 'state_unreadable'));
  const states = await alarmStates(operation, act, listed, read, 'matches');
  return events.map((event, index) => {
    const { mismatch, missing, ...observed } = states[index] ?? { state: 'unknown' };
    const named = mismatch && { mismatch };
    if (missing) return { ...refused(event.event_id, 'alarm_not_found'), ...named };
    const found = listedAs(event, listed);
    if (!found) return undetermined(event.event_id, 'state_unreadable');
    return { ...predict(operation, event, found, observed), ...named };
  });
}

const predicted = (will: Prediction['will']) => (eventId: string, reason: string) => ({
  eventId,
  will,
  reason,
  already: false,
});
const undetermined = predicted('undetermined');
const refused = predicted('refused');

function predict(
  operation: OperationType,
  event: WireEvent,
  found: ListedRow,
  { state, underWay }: Pick<ObservedAlarm, 'state' | 'underWay'>,
): Prediction {
  const { event_id: eventId } = event;
  const mark = { already: state === 'matches', ...(underWay && { underWay }) };
  const acceptance = acceptanceOf(operation, found);
  if (acceptance === 'refused') return { ...refused(eventId, 'operation_not_supported'), ...mark };
  const agent = agentOf(operation, event, found);
  if (agent !== undefined)
    return { ...(agent === 'agent_unknown' ? undetermined : refused)(eventId, agent), ...mark };
  if (acceptance === 'undetermined') return { ...undetermined(eventId, 'not_listed_as_accepted'), ...mark };
  return { eventId, will: 'accepted', ...mark };
}

/**
 * Upstream lists what an alarm takes now (contract 2.1): before it is handled its forward types, afterwards the way back. Of
 * another forward type it then says nothing.
 */
function acceptanceOf(operation: OperationType, found: ListedRow): 'accepted' | 'refused' | 'undetermined' {
  const { isReversal, inverse } = OPERATIONS[operation];
  const forward = isReversal ? inverse : operation;
  const { operate_accept_list: accepts, handle_status: status, handle_method: method } = found;
  if (!Array.isArray(accepts)) return 'undetermined';
  if (accepts.includes(operation) || accepts.includes(forward)) return 'accepted';
  if (status === 'unhandled') return 'refused';
  return status === 'handled' && method === forward ? 'accepted' : 'undetermined';
}

/** What an agent's state means for a task (contract 2.1); undefined: it can do it. */
const AGENTS: Readonly<Record<string, string | undefined>> = {
  online: undefined,
  installed: undefined,
  offline: 'agent_offline',
  not_installed: 'agent_missing',
};

function agentsOf({ operate_detail_list: details }: ListedRow): unknown[] {
  return Array.isArray(details)
    ? details.map((detail: { agent_id?: unknown } | null) => detail?.agent_id)
    : [];
}

/** An isolation, either way, is a task for the agent on the alarm's host; other hosts' agents are not in the listing. */
function agentOf(operation: OperationType, event: WireEvent, found: ListedRow): string | undefined {
  if (!OPERATIONS[operation].requiredDetails.includes('agentId')) return undefined;
  const known = new Set(agentsOf(found));
  if (event.operate_detail_list?.some(({ agent_id }) => !known.has(agent_id))) return 'agent_unknown';
  const { agent_status: status } = found;
  return typeof status === 'string' && Object.hasOwn(AGENTS, status) ? AGENTS[status] : 'agent_unknown';
}

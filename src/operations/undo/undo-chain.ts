import { alarmOutcomes, type Assumption, type OperationTrail } from '../../audit/index.js';
import type { AlarmOutcome } from '../../domain/outcome.js';
import type { OperationType } from '../../domain/operation-type.js';
import { operateBody, type HssBody, type WireEvent, type WireOperateBody } from '../../hss/index.js';
import { commandAlarmOf } from '../command-alarm.js';
import { inChunks, type CommandAlarm, type OperationCommand } from '../operation-command.js';

/** An operation with those that undo it, and those that undo these, and so on. */
export interface UndoChain {
  readonly trail: OperationTrail;
  readonly undoings: readonly UndoChain[];
}

/** Alarms that an operation changed and that no other one is known to have changed back, in the order of its request. */
export function toUndo({ trail, undoings }: UndoChain): string[] {
  const back = new Set(undoings.flatMap(undoneBy));
  return withOutcome(trail, 'applied').filter((eventId) => !back.has(eventId));
}

/** Alarms that an undoing left as they were before the operation that it undoes, as far as its own undoings show. */
function undoneBy(undoing: UndoChain): string[] {
  return [...withOutcome(undoing.trail, 'already'), ...toUndo(undoing)];
}

function withOutcome(trail: OperationTrail, wanted: AlarmOutcome): string[] {
  return alarmOutcomes(trail)
    .filter(({ outcome }) => outcome === wanted)
    .map(({ eventId }) => eventId);
}

/** What undoing an operation is made of. */
export interface Undoable {
  /** The operation type that undoes it. */
  readonly inverse: OperationType;
  readonly chain: UndoChain;
  /** The bodies that the operation was to send. */
  readonly bodies: readonly HssBody[];
  /** Event ids to act on. */
  readonly eventIds: readonly string[];
}

/**
 * The inverse of a recorded operation for exactly the alarms given, with the very fields that were sent: what the caller or
 * upstream would say of them today does not matter.
 */
export function undoCommand(
  { inverse: operation, chain: { trail, undoings }, bodies, eventIds }: Undoable,
  remark: string | undefined,
): Pick<OperationCommand, 'operation' | 'alarms' | 'bodies' | 'undoes'> {
  const wanted = new Set(eventIds);
  const sent = bodies.map(({ wire }) => wire as WireOperateBody);
  const events = sent
    .flatMap(({ operate_event_list: list }) => list)
    .map((event): WireEvent => ({ ...event, operate_detail_list: event.operate_detail_list ?? [] }))
    .filter(({ event_id }) => wanted.has(event_id));
  const addedRules = sent.some(({ event_white_rule_list: rules = [] }) => rules.length > 0);
  return {
    operation,
    alarms: alarmsOf(events, trail),
    bodies: inChunks(events).map((chunk) =>
      operateBody({
        operate_type: operation,
        ...(remark !== undefined && { handler: remark }),
        operate_event_list: chunk,
      }),
    ),
    undoes: {
      operationId: trail.intent.operationId,
      round: undoings.length,
      leaves: addedRules ? ['whitelist_rules'] : [],
      assumes: assumptionsOf(trail, wanted),
    },
  };
}

/** With the severities that upstream listed when they were looked up: who could act by them can undo by them. */
function alarmsOf(events: readonly WireEvent[], { intent }: OperationTrail): CommandAlarm[] {
  const { alarms, severities = [] } = intent;
  const byId = new Map(severities.map((severity, index) => [alarms[index], severity]));
  return events.map((event) => {
    const severity = byId.get(event.event_id);
    return severity ? { ...commandAlarmOf(event), severity } : commandAlarmOf(event);
  });
}

/** What has to be assumed of the alarms that are undone. */
function assumptionsOf(trail: OperationTrail, wanted: ReadonlySet<string>): Assumption[] {
  const unread = alarmOutcomes(trail).some(({ eventId, stateBefore }) => stateBefore && wanted.has(eventId));
  return unread ? ['state_before'] : [];
}

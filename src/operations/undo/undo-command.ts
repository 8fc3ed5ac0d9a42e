import { alarmOutcomes } from '../../audit/alarm-outcomes.js';
import type { Assumption, Leftover, OperationTrail } from '../../audit/audit-record.js';
import { CHUNK_SIZE } from '../../domain/outcome.js';
import type { OperationType } from '../../domain/operation-type.js';
import type { Severity } from '../../domain/severity.js';
import { operateBody, type HssBody, type WireEvent, type WireOperateBody } from '../../hss/index.js';
import type { OperationCommand, CommandAlarm } from '../operation-command.js';
import { commandAlarmOf } from '../command-alarm.js';

export const UNDO_ROUTE = 'POST /v1/operations/{id}/undo';

/** What an undoing needs of the operation that it takes back. */
export interface Undoable {
  /** The operation type that takes it back. */
  readonly inverse: OperationType;
  readonly trail: OperationTrail;
  /** The bodies that the operation was to send. */
  readonly bodies: readonly HssBody[];
  /** Event ids to take back. */
  readonly left: readonly string[];
  /** So many undoings came before. */
  readonly round: number;
}

/**
 * The inverse of a stored operation for exactly the alarms given, with the very fields that were sent: whatever the caller or
 * upstream would tell of them today plays no part.
 */
export function undoCommand(
  { inverse: operation, trail, bodies, left, round }: Undoable,
  remark: string | undefined,
): Pick<OperationCommand, 'operation' | 'alarms' | 'bodies' | 'undoes'> {
  const wanted = new Set(left);
  const severities = severitiesIn(trail);
  const sent = bodies.map(({ wire }) => wire as WireOperateBody);
  const events = sent
    .flatMap(({ operate_event_list: list }) => list)
    .map((event): WireEvent => ({ ...event, operate_detail_list: event.operate_detail_list ?? [] }))
    .filter(({ event_id }) => wanted.has(event_id));
  const leaves: Leftover[] = sent.some(({ event_white_rule_list: rules = [] }) => rules.length > 0)
    ? ['whitelist_rules']
    : [];
  return {
    operation,
    alarms: events.map((event) => withSeverity(commandAlarmOf(event), severities.get(event.event_id))),
    bodies: inChunks(events).map((chunk) =>
      operateBody({
        operate_type: operation,
        ...(remark !== undefined && { handler: remark }),
        operate_event_list: chunk,
      }),
    ),
    undoes: { operationId: trail.intent.operationId, round, leaves, assumes: assumedOf(trail, wanted) },
  };
}

/** What has to be taken for granted of the alarms that are taken back. */
function assumedOf(trail: OperationTrail, wanted: ReadonlySet<string>): Assumption[] {
  const unread = alarmOutcomes(trail).some(({ eventId, stateBefore }) => stateBefore && wanted.has(eventId));
  return unread ? ['state_before'] : [];
}

/** By event id, as upstream listed them when the alarms were looked up: who could act by them can take back by them. */
function severitiesIn({ intent }: OperationTrail): ReadonlyMap<string, Severity> {
  const { alarms, severities = [] } = intent;
  return new Map(
    severities.flatMap((severity, index) => (severity ? [[alarms[index] ?? '', severity] as const] : [])),
  );
}

function withSeverity(alarm: CommandAlarm, severity: Severity | undefined): CommandAlarm {
  return severity ? { ...alarm, severity } : alarm;
}

function inChunks(events: readonly WireEvent[]): WireEvent[][] {
  const chunks: WireEvent[][] = [];
  for (let start = 0; start < events.length; start += CHUNK_SIZE) {
    chunks.push(events.slice(start, start + CHUNK_SIZE));
  }
  return chunks;
}

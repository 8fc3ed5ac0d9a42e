import { wireDetailOf, type AlarmDetail, alarmDetailOf } from '../../domain/detail-fields.js';
import { parseMoment, parseOccurTime } from '../../domain/times.js';
import type { OperationType } from '../../domain/operation-type.js';
import {
  type AlarmReference,
  callBody,
  type HssBody,
  type WireEvent,
  type WireRule,
  inChunks,
} from '../../hss/index.js';
import type {
  CommandSchedule,
  CommandWhitelistRule,
  OperationCommand,
  UnresolvedCommand,
  CommandAlarm,
} from '../operation-command.js';
import type { AlarmDto, AlarmReferenceDto, OperationRequestDto } from './operation-request.dto.js';

const OPERATE_ROUTE = 'POST /v1/operations';

/** An alarm with all that upstream finds it by. */
export type NamedAlarm = Readonly<Omit<AlarmDto, 'details'>> & {
  readonly details?: readonly AlarmDetail[];
};

/** A request whose alarms are named in full. */
interface OperationRequest extends Pick<OperationRequestDto, 'operation' | 'remark' | 'scope'> {
  readonly alarms: readonly NamedAlarm[];
  readonly whitelistRules?: readonly CommandWhitelistRule[];
}

function wireEvent(alarm: NamedAlarm): WireEvent {
  const occurTime = parseOccurTime(alarm.occurTime);
  if (occurTime === undefined) throw new Error('occurTime was not validated');
  return {
    event_class_id: alarm.eventClassId,
    event_id: alarm.eventId,
    event_type: alarm.eventType,
    occur_time: occurTime,
    operate_detail_list: alarm.details?.map(wireDetailOf) ?? [],
  };
}

/** A rule as it travels, its fields in one order. */
export function wireRule(rule: CommandWhitelistRule): WireRule {
  return {
    event_type: rule.eventType,
    field_key: rule.fieldKey,
    field_value: rule.fieldValue,
    judge_type: rule.judgeType,
    ...(rule.scope !== undefined && { scope: rule.scope }),
    ...(rule.agentIds && { agent_ids: [...rule.agentIds] }),
    ...(rule.instanceIds && { instance_ids: [...rule.instanceIds] }),
  };
}

/** One body for each chunk, as it will travel. Rules go with the first chunk alone: sent again, they would be added again. */
export function requestBodies({ operation, remark, alarms, whitelistRules }: OperationRequest): HssBody[] {
  return inChunks(alarms).map((chunk, index) =>
    callBody({
      operate_type: operation,
      ...(remark !== undefined && { handler: remark }),
      operate_event_list: chunk.map(wireEvent),
      ...(whitelistRules && index === 0 && { event_white_rule_list: whitelistRules.map(wireRule) }),
    }),
  );
}

/** A valid request that names its alarms in full as the command that it is. */
export function commandOf(request: OperationRequest, idempotencyKey?: string): OperationCommand {
  const { operation, alarms, whitelistRules, remark, scope } = request;
  return {
    route: OPERATE_ROUTE,
    operation: operation as OperationType,
    alarms,
    bodies: requestBodies(request),
    ...(whitelistRules && { whitelistRules }),
    ...(remark !== undefined && { remark }),
    ...(scope && { scope }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

/** What a valid request asks for. Alarms that it names by their ids have yet to be looked up. */
export function requestedCommand(
  request: OperationRequestDto & { readonly whitelistRules?: readonly CommandWhitelistRule[] },
  idempotencyKey?: string,
): OperationCommand | UnresolvedCommand {
  const { operation, remark, scope, whitelistRules, alarms, alarmIds = [] } = request;
  if (alarms) return commandOf({ ...request, alarms }, idempotencyKey);
  const references = alarmIds.map(referenceOf);
  return {
    route: OPERATE_ROUTE,
    operation: operation as OperationType,
    ...(scope && { scope }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    // The request as it was sent, independent of what upstream lists: a repeated one must be recognised.
    canonical: JSON.stringify([
      'by id',
      operation,
      remark ?? null,
      references.map(({ eventId, occurTime }) =>
        occurTime === undefined ? [eventId] : [eventId, String(occurTime)],
      ),
      whitelistRules?.map(wireRule) ?? null,
    ]),
    lookup: {
      kind: 'alarms',
      references,
      ...(remark !== undefined && { remark }),
      ...(whitelistRules && { whitelistRules }),
    },
  };
}

/** An entry of a list of alarm ids in the one form that means the same. */
function referenceOf(entry: string | AlarmReferenceDto): AlarmReference {
  if (typeof entry === 'string') return { eventId: entry };
  const occurTime = parseOccurTime(entry.occurTime);
  return { eventId: entry.eventId, ...(occurTime !== undefined && { occurTime }) };
}

/** When a request is to be carried out, and until when it holds. @param background whether its caller does not wait */
export function scheduleOf(
  { expiresAt }: { readonly expiresAt?: string | number },
  background: boolean,
): CommandSchedule {
  const time = parseMoment(expiresAt);
  return {
    ...(background && { background }),
    ...(time !== undefined && { expiresAt: new Date(time).toISOString() }),
  };
}

/** An alarm as it travels, in the words in which commands are decided about. */
export function commandAlarmOf(event: WireEvent): CommandAlarm {
  const { event_id, event_class_id, event_type, operate_detail_list = [] } = event;
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    details: operate_detail_list.map(alarmDetailOf),
  };
}

/** A rule as it travels, in the same words. */
export function commandRuleOf(rule: WireRule): CommandWhitelistRule {
  const { event_type, field_key, field_value, judge_type, scope, agent_ids, instance_ids } = rule;
  return {
    eventType: event_type,
    fieldKey: field_key,
    fieldValue: field_value,
    judgeType: judge_type,
    ...(scope !== undefined && { scope }),
    ...(agent_ids && { agentIds: agent_ids }),
    ...(instance_ids && { instanceIds: instance_ids }),
  };
}

import { CHUNK_SIZE } from '../../domain/outcome.js';
import {
  operateBody,
  type HssBody,
  type WireEvent,
  type WireOperateBody,
  type WireRule,
} from '../../hss/index.js';
import type { AlarmDto, OperationRequestDto, WhitelistRuleDto } from './operation-request.dto.js';
import { wireDetailOf, type AlarmDetail } from '../../domain/detail-fields.js';
import { parseOccurTime } from '../../domain/occur-time.js';

/** An alarm with all that upstream finds it by. */
export type NamedAlarm = Readonly<Omit<AlarmDto, 'details'>> & {
  readonly details?: readonly AlarmDetail[];
};

/** A request whose alarms are named in full. */
export interface OperationRequest extends Pick<OperationRequestDto, 'operation' | 'remark' | 'scope'> {
  readonly alarms: readonly NamedAlarm[];
  readonly whitelistRules?: readonly WhitelistRuleDto[];
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
export function wireRule(rule: WhitelistRuleDto): WireRule {
  return {
    event_type: rule.eventType,
    field_key: rule.fieldKey,
    field_value: rule.fieldValue,
    judge_type: rule.judgeType,
    ...(rule.scope !== undefined && { scope: rule.scope }),
    ...(rule.agentIds && { agent_ids: rule.agentIds }),
    ...(rule.instanceIds && { instance_ids: rule.instanceIds }),
  };
}

/** One body for each chunk, as it will travel. Rules go with the first chunk alone: sent again, they would be added again. */
export function requestBodies(request: OperationRequest): HssBody[] {
  const { operation, remark, alarms, whitelistRules } = request;
  const bodies: HssBody[] = [];
  for (let start = 0; start < alarms.length; start += CHUNK_SIZE) {
    const body: WireOperateBody = {
      operate_type: operation,
      ...(remark !== undefined && { handler: remark }),
      operate_event_list: alarms.slice(start, start + CHUNK_SIZE).map(wireEvent),
      ...(whitelistRules && start === 0 && { event_white_rule_list: whitelistRules.map(wireRule) }),
    };
    bodies.push(operateBody(body));
  }
  return bodies;
}

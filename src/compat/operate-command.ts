import { alarmDetailOf } from '../domain/detail-fields.js';
import { stringifyExact } from '../domain/exact-json.js';
import type { OperationType } from '../domain/operation-type.js';
import type { WireOperateBody } from '../hss/index.js';
import type { RequestedScope } from '../http/access.js';
import type { OperationCommand, CommandAlarm } from '../operations/operation-command.js';
import { commandRuleOf } from '../operations/command-alarm.js';
import { canonicalJson } from './canonical-json.js';
import type { OperateBodyDto, WireEventDto } from './operate-body.dto.js';

export const ROUTE = 'POST /v5/{project_id}/event/operate';

/** A valid operate call as the order that it is: what travels upstream is what came, member by member. */
export function commandOf(
  body: OperateBodyDto,
  scope: RequestedScope,
  once: Pick<OperationCommand, 'idempotencyKey' | 'signature'>,
): OperationCommand {
  const { operate_type, handler, operate_event_list, event_white_rule_list } = body;
  return {
    route: ROUTE,
    operation: operate_type as OperationType,
    alarms: operate_event_list.map(alarmOf),
    scope,
    // Written anew: of two members of one name, which readers tell apart differently, only the one that was checked travels.
    bodies: [{ wire: body as unknown as WireOperateBody, text: stringifyExact(body, true) }],
    canonical: canonicalJson(body),
    verbatim: true,
    ...(handler !== undefined && { remark: handler }),
    ...(event_white_rule_list && {
      whitelistRules: event_white_rule_list.map(commandRuleOf),
    }),
    ...once,
  };
}

function alarmOf({ event_id, event_class_id, event_type, operate_detail_list }: WireEventDto): CommandAlarm {
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    ...(operate_detail_list && { details: operate_detail_list.map(alarmDetailOf) }),
  };
}

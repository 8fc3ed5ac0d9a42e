import { parseExact } from '../../domain/exact-json.js';
import { isListOperation, type ListOperation } from '../../domain/operation-name.js';
import {
  CHANGED_LIST,
  itemIdOf,
  operateBody,
  type UpstreamCall,
  type WireItem,
  type WireOperateBody,
} from '../../upstream/index.js';

/**
 * A call that acts, without some of its alarms or items; undefined when none is left. One that carries whitelist rules stays
 * whole: they are wanted whatever the alarms' state.
 */
export function trimmedCall(call: UpstreamCall, without: ReadonlySet<string>): UpstreamCall | undefined {
  if (without.size === 0 || call.body === undefined || call.readBack === undefined) return call;
  const { operation } = call.readBack;
  const body = isListOperation(operation)
    ? listBody(operation, call.body, without)
    : alarmBody(call.body, without);
  if (body === call.body) return call;
  return body === undefined ? undefined : { ...call, body, readBack: { ...call.readBack, body } };
}

function alarmBody(body: string, without: ReadonlySet<string>): string | undefined {
  const wire = parseExact(body) as WireOperateBody;
  if ((wire.event_white_rule_list ?? []).length > 0) return body;
  const left = wire.operate_event_list.filter(({ event_id }) => !without.has(event_id));
  return left.length === 0 ? undefined : operateBody({ ...wire, operate_event_list: left });
}

function listBody(operation: ListOperation, body: string, without: ReadonlySet<string>): string | undefined {
  const wire = parseExact(body) as { data_list: WireItem[] };
  const left = wire.data_list.filter((item) => !without.has(itemIdOf(CHANGED_LIST[operation], item)));
  return left.length === 0 ? undefined : JSON.stringify({ ...wire, data_list: left });
}

import { parseExact, stringifyExact } from '../../domain/exact-json.js';
import { isListOperation, type ListOperation } from '../../domain/operation-name.js';
import {
  CHANGED_LIST,
  itemIdOf,
  type UpstreamCall,
  type WireItem,
  type WireOperateBody,
} from '../../upstream/index.js';

/**
 * A call that acts, without some of its alarms or items, or with only them; undefined when none is left. One that carries
 * whitelist rules stays whole: they are wanted whatever the alarms' state.
 */
export function trimmedCall(
  call: UpstreamCall,
  ids: ReadonlySet<string>,
  how: 'without' | 'only' = 'without',
): UpstreamCall | undefined {
  if (ids.size === 0 || call.body === undefined || call.expectedEffect === undefined) return call;
  const { operation } = call.expectedEffect;
  const keeps = (id: string) => ids.has(id) === (how === 'only');
  const body = isListOperation(operation)
    ? listBody(operation, call.body, keeps)
    : alarmBody(call.body, keeps);
  if (body === call.body) return call;
  return body === undefined ? undefined : { ...call, body, expectedEffect: { ...call.expectedEffect, body } };
}

type Keeps = (id: string) => boolean;

function alarmBody(body: string, keeps: Keeps): string | undefined {
  const wire = parseExact(body) as WireOperateBody;
  if ((wire.event_white_rule_list ?? []).length > 0) return body;
  const left = wire.operate_event_list.filter(({ event_id }) => keeps(event_id));
  // Members that are not ours may hold numbers of any length.
  return left.length === 0 ? undefined : stringifyExact({ ...wire, operate_event_list: left }, true);
}

function listBody(operation: ListOperation, body: string, keeps: Keeps): string | undefined {
  const wire = parseExact(body) as { data_list: WireItem[] };
  const left = wire.data_list.filter((item) => keeps(itemIdOf(CHANGED_LIST[operation], item)));
  return left.length === 0 ? undefined : JSON.stringify({ ...wire, data_list: left });
}

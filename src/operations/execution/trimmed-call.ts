import { isListOperation } from '../../domain/operation-name.js';
import {
  CHANGED_LIST,
  itemIdOf,
  itemsBody,
  operateBody,
  type ActCall,
  type HssBody,
  type WireItemsBody,
  type WireOperateBody,
} from '../../hss/index.js';

/**
 * A call that acts, without some of its alarms or items, or with only them; undefined when none is left. One that carries
 * whitelist rules stays whole: they are wanted whatever the alarms' state.
 */
export function trimmedCall(
  call: ActCall,
  ids: ReadonlySet<string>,
  how: 'without' | 'only' = 'without',
): ActCall | undefined {
  if (ids.size === 0) return call;
  const body = trimmedBody(call, (id) => ids.has(id) === (how === 'only'));
  if (body === call.body) return call;
  return body && { ...call, body };
}

function trimmedBody({ operation, body }: ActCall, keeps: (id: string) => boolean): HssBody | undefined {
  if (isListOperation(operation)) {
    const wire = body.wire as WireItemsBody;
    const left = wire.data_list.filter((item) => keeps(itemIdOf(CHANGED_LIST[operation], item)));
    return left.length === 0 ? undefined : itemsBody({ ...wire, data_list: left });
  }
  const wire = body.wire as WireOperateBody;
  if ((wire.event_white_rule_list ?? []).length > 0) return body;
  const left = wire.operate_event_list.filter(({ event_id }) => keeps(event_id));
  return left.length === 0 ? undefined : operateBody({ ...wire, operate_event_list: left });
}

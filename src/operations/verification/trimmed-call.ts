import { parseExact } from '../../domain/exact-json.js';
import { operateBody, type UpstreamCall, type WireOperateBody } from '../../upstream/index.js';

/**
 * An operate call without some of its alarms; undefined when none is left. One that carries whitelist rules stays whole: they are
 * wanted whatever the alarms' state.
 */
export function trimmedCall(call: UpstreamCall, without: ReadonlySet<string>): UpstreamCall | undefined {
  if (without.size === 0 || call.body === undefined || call.readBack === undefined) return call;
  const wire = parseExact(call.body) as WireOperateBody;
  if ((wire.event_white_rule_list ?? []).length > 0) return call;
  const left = wire.operate_event_list.filter(({ event_id }) => !without.has(event_id));
  if (left.length === 0) return undefined;
  const body = operateBody({ ...wire, operate_event_list: left });
  return { ...call, body, readBack: { ...call.readBack, body } };
}

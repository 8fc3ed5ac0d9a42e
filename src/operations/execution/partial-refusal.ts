import { isListOperation } from '../../domain/operation-name.js';
import type { AlarmOutcome, ChunkOutcome } from '../../domain/outcome.js';
import { OPERATION_TYPES } from '../../domain/operation-type.js';
import type { FoundAlarm } from '../settlement/settlement.service.js';
import { itemsOf, type HssAct, type WireOperateBody } from '../../hss/index.js';

/** Whether a call asks for more than one thing, so that upstream may have done some of them before it refused the call. */
export function mayBePartial({ operation, body }: HssAct): boolean {
  if (isListOperation(operation)) return itemsOf(body).length > 1;
  const { operate_event_list: events, event_white_rule_list: rules = [] } = body.wire as WireOperateBody;
  const details = OPERATION_TYPES[operation].requiredDetails.length === 0 ? 0 : detailsIn(events);
  return events.length > 1 || details > 1 || rules.length > 0;
}

function detailsIn(events: WireOperateBody['operate_event_list']): number {
  return events.reduce((sum, { operate_detail_list: list }) => sum + (list ?? []).length, 0);
}

/** A chunk that upstream refused, its alarms told apart by what was found of each afterwards. */
export function apartIn(chunk: ChunkOutcome, found: readonly FoundAlarm[]): ChunkOutcome {
  const left: AlarmOutcome = found.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'rejected';
  const apart = found.filter(({ outcome }) => outcome !== left);
  const underWay = apart.filter((alarm) => alarm.underWay).map(({ eventId }) => eventId);
  return {
    ...chunk,
    outcome: left,
    // Each one's state was read.
    ...(left === 'rejected' && { verified: true as const }),
    ...(apart.length > 0 && { apart: apart.map(({ eventId, outcome }) => ({ eventId, outcome })) }),
    ...(underWay.length > 0 && { underWay }),
  };
}

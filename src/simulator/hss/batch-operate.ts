import type { WireDetail, WireEvent, WireOperateBody } from '../../hss/wire.js';
import { theContract } from '../contract/contract.js';
import { visibleAlarms, type HssCall } from './access.js';
import type { Alarm, ListedDetail } from './alarm.js';
import { isSupported, needsAgent } from './operate-types.js';
import { applyTo, checkAgents } from './operate.js';

/** The body of the call (contract 2.2.1). */
interface BatchBody extends Required<Pick<WireOperateBody, 'operate_type' | 'handler'>> {
  readonly event_type: number;
  readonly category?: string;
}

/** A listed detail as a request has it: without what is only listed, and without what is listed empty. */
function sentDetail({ is_parent: _, ...detail }: ListedDetail): WireDetail {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== ''));
}

/** An alarm as ChangeEvent would name it, with its own details. */
function eventOf(alarm: Alarm): WireEvent {
  return {
    event_class_id: alarm.eventClassId,
    event_id: alarm.eventId,
    event_type: alarm.eventType,
    occur_time: alarm.occurTime,
    operate_detail_list: alarm.details.map(sentDetail),
  };
}

const CHANGE_EVENT = { $ref: '#/components/schemas/ChangeEventRequestInfo' };

/** Whether ChangeEvent takes the type for an alarm: its class supports it, and its details have what it needs (contract 1.6). */
function takes(event: WireEvent, operateType: string): boolean {
  if (!isSupported(event.event_class_id, operateType)) return false;
  const body = { operate_type: operateType, operate_event_list: [event] };
  return theContract().problemsOf(CHANGE_EVENT, body).length === 0;
}

/**
 * `POST /v5/{project_id}/event/batch-operate` (contract 2.2.1): does to every alarm of the type that the call may see what
 * ChangeEvent would do, whatever state the alarm is in. Alarms that do not take the operate type are passed over: upstream
 * does not say what it does with them. Where one agent of many is not there, nothing is done.
 */
export function batchOperate(call: HssCall): void {
  const body = call.body as BatchBody;
  const { operate_type: type, event_type: eventType, category } = body;
  const found = visibleAlarms(call)
    .filter(
      (alarm) => alarm.eventType === eventType && (category === undefined || alarm.category === category),
    )
    .map((alarm) => ({ alarm, event: eventOf(alarm) }))
    .filter(({ event }) => takes(event, type));
  if (needsAgent(type)) for (const { event } of found) checkAgents(call.state, event);
  for (const { alarm, event } of found) applyTo(call, body, alarm, event);
}

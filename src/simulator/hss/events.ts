import { refusedByHss } from '../refusal.js';
import { isVisible, pageOf, visibleAlarms, type HssCall, type HssRoute } from './access.js';
import { filterOf } from './alarm-filter.js';
import { abstractOf, type Alarm } from './alarm.js';
import { showEvent } from './event-view.js';
import { OPERATE_TYPES, supportedTypes } from './operate-types.js';

/** Page sizes outside of 10 to 1000 are refused, or bent to 10..200 where the simulator is set so (contract 2.1). */
function eventPage({ state, query }: HssCall): { offset: number; limit: number } {
  const { offset = 0, limit = 10 } = query as { offset?: number; limit?: number };
  if (!state.settings.clampLimit) return { offset, limit };
  return { offset, limit: limit <= 0 ? 10 : Math.min(limit, 200) };
}

/**
 * `GET /v5/{project_id}/event/events`. No order is documented (contract 2.1); this one is stable. One pass without copies:
 * tests page through a hundred thousand alarms.
 */
function listEvents(call: HssCall): object {
  const { state, project, scope } = call;
  const { offset, limit } = eventPage(call);
  const isAskedFor = filterOf(call);
  const shown: Alarm[] = [];
  let total = 0;
  for (const alarm of state.alarms.of(project.id)) {
    if (!isAskedFor(alarm) || !isVisible(alarm, scope)) continue;
    if (total >= offset && shown.length < limit) shown.push(alarm);
    total += 1;
  }
  return { total_num: total, data_list: shown.map((alarm) => showEvent(state, alarm)) };
}

/**
 * `GET /v5/{project_id}/event/batch-operate`: the operate types that alarms of one event type support. What the answer
 * means without a type is not documented (contract 2.2.2); here it is for all alarms together.
 */
function listEventOperates(call: HssCall): object {
  const { event_type: eventType } = call.query;
  const alarms = visibleAlarms(call).filter(
    (alarm) => eventType === undefined || alarm.eventType === eventType,
  );
  const supported = new Set(alarms.flatMap((alarm) => supportedTypes(alarm.eventClassId)));
  const accepted = [...OPERATE_TYPES].filter(([name, type]) =>
    supported.has(type.forward ? name : type.inverse),
  );
  return { operate_accept_list: accepted.map(([name]) => name) };
}

/** The alarm that others are near to, and the others on its host that the call may see. */
function around(call: HssCall): { origin: Alarm; others: Alarm[] } {
  const { event_id: id, occur_time: time } = call.query as { event_id: string; occur_time?: bigint };
  const alarms = visibleAlarms(call);
  const origin = alarms.find(
    (each) => each.eventId === id && (time === undefined || BigInt(each.occurTime) === BigInt(time)),
  );
  if (origin === undefined) throw refusedByHss('HSS.0011', `event ${id}`);
  return { origin, others: alarms.filter((each) => each !== origin && each.host.id === origin.host.id) };
}

/** `abstract` is the older name of `event_abstract`, and `similiar_type` is spelt so on the wire (contract 2.4). */
function showNear(alarm: Alarm, more: object): object {
  const { handling } = alarm;
  return {
    event_class_id: alarm.eventClassId,
    event_id: alarm.eventId,
    event_type: alarm.eventType,
    severity: alarm.severity,
    similiar_type: 'sameHostAndEventType',
    ...(handling && { handle_method: handling.method, handle_time: handling.at, handler: 'hss-gateway' }),
    ...(handling?.remark !== undefined && { memo: handling.remark }),
    ...more,
  };
}

/** `GET .../event/related-events`: other alarms of the same host, ten at most. */
function listRelatedEvents(call: HssCall): object {
  const { category, offset } = call.query as { category: string; offset: number };
  const rows = around(call).others.filter((each) => each.category === category);
  return pageOf(rows, { offset, limit: 10 }, (alarm) => {
    const summary = { abstract: abstractOf(alarm), event_abstract: abstractOf(alarm) };
    return { event_name: alarm.eventName, ...showNear(alarm, summary) };
  });
}

/** `GET .../event/same-events`: other alarms of the same class on the same host. */
function listSameEvents(call: HssCall): object {
  const rows = around(call).others.filter((each) => each.eventClassId === call.query['event_class_id']);
  return pageOf(rows, call.query, (alarm) => showEvent(call.state, alarm));
}

/** `GET .../event/similar-handled-events`: handled alarms of the same type on the same host. */
function listSimilarHandledEvents(call: HssCall): object {
  const { origin, others } = around(call);
  const rows = others.filter((each) => each.handling !== undefined && each.eventType === origin.eventType);
  return pageOf(rows, { limit: rows.length }, (alarm) => showNear(alarm, { abstract: alarm.eventName }));
}

export const EVENT_ROUTES: Readonly<Record<string, HssRoute>> = {
  ListSecurityEvents: listEvents,
  ListEventOperates: listEventOperates,
  ListRelatedEvents: listRelatedEvents,
  ListSameEvents: listSameEvents,
  ListSimilarHandledEvents: listSimilarHandledEvents,
};

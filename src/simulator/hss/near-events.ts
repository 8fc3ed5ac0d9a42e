import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import type { World } from '../world.js';
import type { Access } from './access.js';
import type { Alarm } from './alarm.js';
import { showEvent } from './event-view.js';
import { visibleAlarms } from './list-events.js';
import { QueryReader, pageOf, paged } from './query.js';

/** The alarm that the others are near to, and the others the call may see. */
function around(world: World, request: SimulatorRequest, access: Access): { origin: Alarm; others: Alarm[] } {
  const query = new QueryReader(request.query);
  const [id, time] = [query.requiredText('event_id'), query.bigInteger('occur_time')];
  const alarms = visibleAlarms(world, request, access);
  const origin = alarms.find(
    (each) => each.eventId === id && (time === undefined || BigInt(each.occurTime) === time),
  );
  if (origin === undefined) throw refusedByHss('HSS.0011', `event ${id}`);
  return { origin, others: alarms.filter((each) => each !== origin) };
}

/** `abstract` is the older name of `event_abstract`, and `similiar_type` is spelt so on the wire (contract 2.4). */
function showNear(alarm: Alarm, more: object): object {
  const { handling } = alarm;
  return {
    event_name: alarm.eventName,
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
export function listRelatedEvents(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const category = query.choice('category', ['host', 'container']);
  if (category === undefined || query.bigInteger('occur_time') === undefined) {
    throw refusedByHss('HSS.0001', 'category and occur_time are mandatory');
  }
  const page = pageOf(query, { least: 10, most: 200, required: true });
  const { origin, others } = around(world, request, access);
  const rows = others.filter((each) => each.host.id === origin.host.id && each.category === category);
  return paged(rows, { ...page, limit: 10 }, (alarm) => {
    const summary = `${alarm.eventName} on ${alarm.host.name}`;
    return showNear(alarm, { abstract: summary, event_abstract: summary });
  });
}

/** `GET .../event/same-events`: other alarms of the same class on the same host. */
export function listSameEvents(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const eventClassId = query.requiredText('event_class_id');
  const { origin, others } = around(world, request, access);
  const rows = others.filter((each) => each.host.id === origin.host.id && each.eventClassId === eventClassId);
  return paged(rows, pageOf(query), (alarm) => showEvent(world, alarm));
}

/** `GET .../event/similar-handled-events`: handled alarms of the same type on the same host. */
export function listSimilarHandledEvents(world: World, request: SimulatorRequest, access: Access): object {
  const { origin, others } = around(world, request, access);
  const rows = others.filter(
    (each) =>
      each.handling !== undefined && each.host.id === origin.host.id && each.eventType === origin.eventType,
  );
  return paged(rows, { offset: 0, limit: rows.length }, (alarm) => {
    const { event_name: _name, ...shown } = showNear(alarm, { abstract: alarm.eventName }) as Record<
      string,
      unknown
    >;
    return shown;
  });
}

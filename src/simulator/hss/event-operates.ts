import type { SimulatorRequest } from '../exchange.js';
import type { World } from '../world.js';
import type { Access } from './access.js';
import { visibleAlarms } from './list-events.js';
import { OPERATE_TYPES, supportedTypes } from './operate-types.js';
import { QueryReader } from './query.js';

/**
 * `GET /v5/{project_id}/event/batch-operate`: the operate types that alarms of one event type support. What the answer
 * means without a type is not documented (contract 2.2.2); here it is for all alarms together.
 */
export function listEventOperates(world: World, request: SimulatorRequest, access: Access): object {
  const eventType = new QueryReader(request.query).integer('event_type', 1000, 30_000);
  const alarms = visibleAlarms(world, request, access).filter(
    (alarm) => eventType === undefined || alarm.eventType === eventType,
  );
  const supported = new Set(alarms.flatMap((alarm) => supportedTypes(alarm.eventClassId)));
  const accepted = [...OPERATE_TYPES].filter(([name, type]) =>
    supported.has(type.forward ? name : type.inverse),
  );
  return { operate_accept_list: accepted.map(([name]) => name) };
}

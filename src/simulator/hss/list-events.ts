import type { SimulatorRequest } from '../exchange.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, isVisible, type Access } from './access.js';
import type { Alarm } from './alarm.js';
import { eventFilter, eventPage } from './event-filter.js';
import { showEvent } from './event-view.js';
import { QueryReader, paged } from './query.js';

/** The alarms of the project that the call may see, in the order they were added. */
export function visibleAlarms(world: World, request: SimulatorRequest, access: Access): Alarm[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return [...world.alarms.of(access.project.id)].filter((alarm) => isVisible(alarm, scope));
}

/** `GET /v5/{project_id}/event/events`. No order is documented (contract 2.1); this one is stable. */
export function listEvents(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const page = eventPage(world, query);
  const rows = visibleAlarms(world, request, access).filter(eventFilter(world, query));
  return paged(rows, page, (alarm) => showEvent(world, alarm));
}

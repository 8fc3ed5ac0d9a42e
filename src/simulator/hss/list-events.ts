import type { SimulatorRequest } from '../exchange.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, isVisible, type Access } from './access.js';
import type { Alarm } from './alarm.js';
import { eventFilter, eventPage } from './event-filter.js';
import { showEvent } from './event-view.js';
import { QueryReader } from './query.js';

/** The alarms of the project that the call may see, in the order they were added. */
export function visibleAlarms(world: World, request: SimulatorRequest, access: Access): Alarm[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return [...world.alarms.of(access.project.id)].filter((alarm) => isVisible(alarm, scope));
}

/**
 * `GET /v5/{project_id}/event/events`. No order is documented (contract 2.1); this one is stable. One pass without copies:
 * tests page through a hundred thousand alarms.
 */
export function listEvents(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const { offset, limit } = eventPage(world, query);
  const fits = eventFilter(world, query);
  const scope = enterpriseProjectsOf(request, access.identity);
  const shown: Alarm[] = [];
  let total = 0;
  for (const alarm of world.alarms.of(access.project.id)) {
    if (!fits(alarm) || !isVisible(alarm, scope)) continue;
    if (total >= offset && shown.length < limit) shown.push(alarm);
    total += 1;
  }
  return { total_num: total, data_list: shown.map((alarm) => showEvent(world, alarm)) };
}

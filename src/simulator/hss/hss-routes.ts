import type { SimulatorRequest } from '../exchange.js';
import { refusedByGateway } from '../refusal.js';
import type { World } from '../world.js';
import { accessOf, type Access } from './access.js';
import { listAlarmWhitelist, removeAlarmWhitelist } from './alarm-whitelist-routes.js';
import { listBlockedIps, unblockIps } from './blocked-ips.js';
import { listEventOperates } from './event-operates.js';
import { listHandleHistory } from './handle-history.js';
import { deleteIsolatedFiles, listIsolatedFiles, restoreIsolatedFiles } from './isolated-file-routes.js';
import { listEvents } from './list-events.js';
import { addLoginWhitelist, listLoginWhitelist, removeLoginWhitelist } from './login-whitelist-routes.js';
import { listRelatedEvents, listSameEvents, listSimilarHandledEvents } from './near-events.js';
import { operate } from './operate.js';

/** A route of HSS; what it answers becomes the JSON body, nothing is the documented empty one. */
export type HssRoute = (world: World, request: SimulatorRequest, access: Access) => object | void;

const ROUTES: Readonly<Record<string, HssRoute>> = {
  'POST event/operate': operate,
  'GET event/events': listEvents,
  'GET event/batch-operate': listEventOperates,
  'GET event/handle-history': listHandleHistory,
  'GET event/related-events': listRelatedEvents,
  'GET event/same-events': listSameEvents,
  'GET event/similar-handled-events': listSimilarHandledEvents,
  'GET event/white-list/alarm': listAlarmWhitelist,
  'DELETE event/white-list/alarm': removeAlarmWhitelist,
  'GET event/white-list/login': listLoginWhitelist,
  'POST event/white-list/login': addLoginWhitelist,
  'DELETE event/white-list/login': removeLoginWhitelist,
  'GET event/isolated-file': listIsolatedFiles,
  'PUT event/isolated-file': restoreIsolatedFiles,
  'DELETE event/isolated-file': deleteIsolatedFiles,
  'GET event/blocked-ip': listBlockedIps,
  'PUT event/blocked-ip': unblockIps,
};

/** Answers a request below `/v5/`. */
export function answerHss(world: World, request: SimulatorRequest): object | void {
  const [, projectId, rest] = /^\/v5\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
  const route = ROUTES[`${request.method} ${rest ?? ''}`];
  if (projectId === undefined || route === undefined) {
    throw refusedByGateway(
      404,
      '0101',
      'The API does not exist or has not been published in the environment',
    );
  }
  const access = accessOf(world, request, decodeURIComponent(projectId));
  return route(world, request, access);
}

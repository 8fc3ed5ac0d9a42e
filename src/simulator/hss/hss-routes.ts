import type { SimulatorRequest } from '../exchange.js';
import { refusedByGateway } from '../refusal.js';
import type { World } from '../world.js';
import { accessOf, type Access } from './access.js';
import { listEvents } from './list-events.js';
import { operate } from './operate.js';

/** A route of HSS; what it answers becomes the JSON body, nothing is the documented empty one. */
export type HssRoute = (world: World, request: SimulatorRequest, access: Access) => object | void;

const ROUTES: Readonly<Record<string, HssRoute>> = {
  'POST event/operate': operate,
  'GET event/events': listEvents,
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

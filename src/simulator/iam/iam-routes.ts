import type { Answer, SimulatorRequest } from '../exchange.js';
import { refusedByIam } from '../refusal.js';
import type { World } from '../world.js';
import { listProjects } from './projects-route.js';
import { issueTemporaryKey } from './temporary-keys.js';
import { inspectToken, issueToken } from './token-routes.js';

type IamRoute = (world: World, request: SimulatorRequest) => Answer;

const ROUTES: Readonly<Record<string, IamRoute>> = {
  'POST /v3/auth/tokens': issueToken,
  'GET /v3/auth/tokens': inspectToken,
  'GET /v3/projects': listProjects,
  'POST /v3.0/OS-CREDENTIAL/securitytokens': issueTemporaryKey,
};

/** Whether a path is IAM's: both services share one origin here. */
export function isIamPath(path: string): boolean {
  return path.startsWith('/v3/') || path.startsWith('/v3.0/');
}

export function answerIam(world: World, request: SimulatorRequest): Answer {
  const route = ROUTES[`${request.method} ${request.path}`];
  if (route === undefined) throw refusedByIam(404, 'IAM.0004', 'Could not find the requested resource.');
  return route(world, request);
}

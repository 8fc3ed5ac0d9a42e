import type { Answer, SimulatorRequest } from './exchange.js';
import { answerHss } from './hss/hss-routes.js';
import { answerIam, isIamPath } from './iam/iam-routes.js';
import { stringifyExact } from './json.js';
import { Refusal } from './refusal.js';
import type { World } from './world.js';

const JSON_TYPE = 'application/json;charset=UTF-8';

/** The answer to a call whose response is documented as "None" (contract 1.7). */
export function emptyAnswer(world: World, requestId: string): Answer {
  const body = world.settings.emptyBody;
  const type = body === '' ? {} : { 'Content-Type': JSON_TYPE };
  return { status: 200, headers: { ...type, 'X-Request-Id': requestId }, body };
}

function answerOf(world: World, request: SimulatorRequest): Answer {
  if (isIamPath(request.path)) return answerIam(world, request);
  const body = answerHss(world, request);
  if (body === undefined) return emptyAnswer(world, request.requestId);
  return { status: 200, headers: { 'Content-Type': JSON_TYPE }, body: stringifyExact(body) };
}

/** The true answer to a request, its effect included. Every answer carries `X-Request-Id`. */
export function dispatch(world: World, request: SimulatorRequest): Answer {
  try {
    const answer = answerOf(world, request);
    return { ...answer, headers: { ...answer.headers, 'X-Request-Id': request.requestId } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const headers = { 'Content-Type': JSON_TYPE, ...error.headers, 'X-Request-Id': request.requestId };
    return { status: error.status, headers, body: JSON.stringify(error.bodyFor(request.requestId)) };
  }
}

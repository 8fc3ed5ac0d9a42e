import type { Answer, SimulatorRequest } from '../exchange.js';
import { isObject, parseExact, stringifyExact, type JsonObject } from '../json.js';
import { changeSettings } from '../settings.js';
import { USER } from '../account.js';
import { issueCredential } from '../iam/temporary-keys.js';
import { integer, object, optional, problemsOf } from '../shape.js';
import type { AgentState } from '../hss/alarm.js';
import type { World } from '../world.js';
import { addAlarms } from './add-alarms.js';
import { BadControlRequest, refuseProblems } from './bad-control-request.js';
import { showRequest } from './request-log.js';
import { showState } from './state-view.js';

export type ControlRequest = Pick<SimulatorRequest, 'method' | 'path' | 'query' | 'body'>;

type ControlRoute = (world: World, request: ControlRequest) => object;

function jsonBody(request: ControlRequest): unknown {
  const text = request.body.toString('utf8');
  return text === '' ? {} : parseExact(text);
}

function objectBody(request: ControlRequest): JsonObject {
  const body = jsonBody(request);
  if (!isObject(body)) throw new BadControlRequest(['the body is not an object']);
  return body;
}

const AGENT_STATES: readonly AgentState[] = ['online', 'offline', 'not_installed'];

function settings(world: World, request: ControlRequest): object {
  const { agents = {}, ...changes } = objectBody(request);
  const states = isObject(agents) ? Object.entries(agents) : [];
  const bad = states.filter(([, state]) => !AGENT_STATES.includes(state as AgentState));
  refuseProblems(bad.map(([id]) => `agent ${id} is none of ${AGENT_STATES.join(', ')}`));
  refuseProblems(changeSettings(world.settings, changes));
  for (const [id, state] of states) world.agents.set(id, state as AgentState);
  if ('password' in changes) world.passwordLockout.reset();
  return world.settings;
}

function addFaults(world: World, request: ControlRequest): object {
  const body = jsonBody(request);
  const rules: unknown = isObject(body) ? body['faults'] : body;
  if (!Array.isArray(rules)) throw new BadControlRequest(['the body is not a list of rules']);
  refuseProblems(world.faults.add(rules));
  return faults(world);
}

function faults(world: World): object {
  return {
    faults: world.faults
      .list()
      .map((rule) => ({ ...rule, times: rule.times === Infinity ? 'always' : rule.times })),
  };
}

function revoke(world: World, request: ControlRequest): object {
  const { projectId } = objectBody(request);
  return { revoked: world.tokens.revoke(typeof projectId === 'string' ? projectId : undefined) };
}

const CREDENTIALS = object({ durationSeconds: optional(integer(1n, 86_400n)) });

function credentials(world: World, request: ControlRequest): object {
  const body = objectBody(request);
  refuseProblems(problemsOf(CREDENTIALS, body));
  return issueCredential(world, USER, Number(body['durationSeconds'] ?? 3600));
}

const ROUTES: Readonly<Record<string, ControlRoute>> = {
  'GET health': () => ({ status: 'ok' }),
  'GET faults': (world) => faults(world),
  'POST faults': addFaults,
  'DELETE faults': (world) => {
    world.faults.clear();
    return {};
  },
  'GET requests': (world, request) => ({
    total: world.requests.total,
    requests: world.requests.matching(request.query.get('path')).map(showRequest),
  }),
  'DELETE requests': (world) => {
    world.requests.clear();
    return {};
  },
  'GET state': (world, request) => showState(world, request.query),
  'POST reset': (world) => {
    world.reset();
    return {};
  },
  'POST alarms': (world, request) => addAlarms(world, objectBody(request)),
  'POST tokens/revoke': revoke,
  'POST credentials': credentials,
  'GET settings': (world) => world.settings,
  'POST settings': settings,
};

const PREFIX = '/__control/';

export function isControlPath(url: string): boolean {
  return url.startsWith(PREFIX);
}

function answer(status: number, body: object): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: stringifyExact(body) };
}

/** Answers what a test or a person asks of the simulator itself; never recorded, never spoilt by a fault. */
export function answerControl(world: World, request: ControlRequest): Answer {
  const route = ROUTES[`${request.method} ${request.path.slice(PREFIX.length)}`];
  if (route === undefined) return answer(404, { problems: ['no such control route'] });
  try {
    return answer(200, route(world, request));
  } catch (error) {
    if (error instanceof BadControlRequest) return answer(400, { problems: error.problems });
    if (error instanceof SyntaxError) return answer(400, { problems: [error.message] });
    throw error;
  }
}

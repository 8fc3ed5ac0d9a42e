import { integer } from '../contract/schema.js';
import type { Answer, ControlRequest } from '../exchange.js';
import type { AgentState } from '../hss/alarm.js';
import { issueCredential } from '../iam/iam-calls.js';
import { isObject, parseExact, stringifyExact, type JsonObject } from '../json.js';
import { BadControlRequest, refuseProblems, refuseUnless } from '../refusal.js';
import { changeSettings } from '../settings.js';
import type { SimulatorState } from '../state.js';
import { addAlarms } from './add-alarms.js';
import { showRequest, showState } from './state-view.js';

type ControlRoute = (state: SimulatorState, request: ControlRequest) => object;

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

function settings(state: SimulatorState, request: ControlRequest): object {
  const { agents = {}, ...changes } = objectBody(request);
  const stated = isObject(agents) ? Object.entries(agents) : [];
  const bad = stated.filter(([, agent]) => !AGENT_STATES.includes(agent as AgentState));
  refuseProblems(bad.map(([id]) => `agent ${id} is none of ${AGENT_STATES.join(', ')}`));
  refuseProblems(changeSettings(state.settings, changes));
  for (const [id, agent] of stated) state.agents.set(id, agent as AgentState);
  if ('password' in changes) state.passwordLockout.reset();
  return state.settings;
}

function addFaults(state: SimulatorState, request: ControlRequest): object {
  const body = jsonBody(request);
  const rules: unknown = isObject(body) ? body['faults'] : body;
  if (!Array.isArray(rules)) throw new BadControlRequest(['the body is not a list of rules']);
  refuseProblems(state.faults.add(rules));
  return faults(state);
}

function faults(state: SimulatorState): object {
  return {
    faults: state.faults
      .list()
      .map((rule) => ({ ...rule, times: rule.times === Infinity ? 'always' : rule.times })),
  };
}

function revoke(state: SimulatorState, request: ControlRequest): object {
  const { projectId } = objectBody(request);
  return { revoked: state.tokens.revoke(typeof projectId === 'string' ? projectId : undefined) };
}

function credentials(state: SimulatorState, request: ControlRequest): object {
  const body = objectBody(request);
  refuseUnless({ properties: { durationSeconds: integer(1, 86_400) } }, body);
  return issueCredential(state, Number(body['durationSeconds'] ?? 3600));
}

const ROUTES: Readonly<Record<string, ControlRoute>> = {
  'GET health': () => ({ status: 'ok' }),
  'GET faults': (state) => faults(state),
  'POST faults': addFaults,
  'DELETE faults': (state) => {
    state.faults.clear();
    return {};
  },
  'GET requests': (state, request) => ({
    total: state.requests.total,
    requests: state.requests.matching(request.query.get('path')).map(showRequest),
  }),
  'DELETE requests': (state) => {
    state.requests.clear();
    return {};
  },
  'GET state': (state, request) => showState(state, request.query),
  'POST reset': (state) => {
    state.reset();
    return {};
  },
  'POST alarms': (state, request) => addAlarms(state, objectBody(request)),
  'POST tokens/revoke': revoke,
  'POST credentials': credentials,
  'GET settings': (state) => state.settings,
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
export function answerControl(state: SimulatorState, request: ControlRequest): Answer {
  const route = ROUTES[`${request.method} ${request.path.slice(PREFIX.length)}`];
  if (route === undefined) return answer(404, { problems: ['no such control route'] });
  try {
    return answer(200, route(state, request));
  } catch (error) {
    if (error instanceof BadControlRequest) return answer(400, { problems: error.problems });
    if (error instanceof SyntaxError) return answer(400, { problems: [error.message] });
    throw error;
  }
}

import { PROJECT, projectById, type Project } from './account.js';
import { boolean, integer, oneOf, text, type Schema } from './contract/schema.js';
import type { Answer, ControlRequest } from './exchange.js';
import { handleStatus, type AgentState, type Alarm } from './hss/alarm.js';
import { interceptStatus, isolationStatus } from './hss/list-entries.js';
import { issueCredential } from './iam/iam-calls.js';
import { isObject, parseExact, stringifyExact, type JsonObject } from './json.js';
import { BadControlRequest, refuseProblems, refuseUnless } from './refusal.js';
import { generatedAlarms, makeAlarm, type AlarmPattern, type AlarmSpec } from './seed/alarms.js';
import { GENERATED_HOSTS } from './seed/hosts.js';
import { changeSettings } from './settings.js';
import type { RecordedRequest, SimulatorState } from './state.js';

/** What it answers is shown; nothing is an empty object. */
type ControlRoute = (state: SimulatorState, request: ControlRequest) => object | void;

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

const contract = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const HOSTS = [...GENERATED_HOSTS.host, ...GENERATED_HOSTS.container];

const COMMON = {
  projectId: text(1, 64),
  enterpriseProjects: { type: 'array', items: text(1, 256), minItems: 1, maxItems: 100 },
  eventClassId: contract('EventClassId'),
  eventType: contract('EventType'),
  severity: contract('Severity'),
} satisfies Record<string, Schema>;

const PATTERN: Schema = {
  required: ['count'],
  properties: {
    ...COMMON,
    count: integer(1, 100_000),
    name: text(1, 64),
    startTime: integer(0, Number.MAX_SAFE_INTEGER),
    stepMs: integer(0, 2 ** 40),
    handledEvery: integer(0, 1000),
  },
};

const SPEC: Schema = {
  type: 'object',
  required: ['eventClassId', 'eventType', 'eventId', 'occurTime'],
  properties: {
    ...COMMON,
    eventId: text(1, 64),
    occurTime: contract('Int64'),
    eventName: text(0, 256),
    category: contract('Category'),
    hostName: oneOf(...HOSTS.map((host) => host.name)),
    container: {
      type: 'object',
      required: ['id', 'name', 'image'],
      properties: { id: text(1, 256), name: text(1, 256), image: text(0, 256) },
    },
    details: { type: 'array', maxItems: 100, items: { type: 'object' } },
    ragged: boolean,
  },
};

function projectOf({ projectId }: JsonObject): Project {
  const project = projectId === undefined ? PROJECT : projectById(projectId);
  if (project === undefined) throw new BadControlRequest(['projectId is no project of the simulator']);
  return project;
}

/** One alarm as a control request states it, in camelCase; `details` are in the wire's spelling. */
function single(spec: unknown): Alarm {
  refuseUnless(SPEC, spec);
  const { projectId, hostName, ...rest } = spec as JsonObject;
  const host = HOSTS.find((each) => each.name === hostName);
  return makeAlarm({ ...(rest as unknown as AlarmSpec), ...(host && { host }) }, projectOf({ projectId }));
}

function many(state: SimulatorState, body: JsonObject): Iterable<Alarm> {
  refuseUnless(PATTERN, body);
  const { projectId, ...rest } = body;
  const defaults = { name: 'bulk', startTime: state.now() - Number(body['count']) * 1000, stepMs: 1000 };
  return generatedAlarms({
    ...defaults,
    ...(rest as unknown as AlarmPattern),
    project: projectOf({ projectId }),
  });
}

/** Adds `{ alarms: [...] }` one by one or `{ count, ... }` by a pattern; answers their ids in order. */
function addAlarms(state: SimulatorState, body: JsonObject): object {
  const listed = body['alarms'];
  const added = Array.isArray(listed) ? listed.map(single) : [...many(state, body)];
  for (const alarm of added) state.alarms.add(alarm);
  return { added: added.length, eventIds: added.map((alarm) => alarm.eventId) };
}

function showAlarm(alarm: Alarm): object {
  const { handling } = alarm;
  return {
    eventId: alarm.eventId,
    projectId: alarm.projectId,
    enterpriseProjects: alarm.enterpriseProjects,
    eventClassId: alarm.eventClassId,
    eventType: alarm.eventType,
    occurTime: alarm.occurTime,
    handleStatus: handleStatus(alarm),
    ...(handling && { handleMethod: handling.method, handleTime: handling.at }),
    ...(handling?.remark !== undefined && { handler: handling.remark }),
    effects: alarm.effects,
  };
}

/**
 * Everything that calls have changed. `eventId` (repeatable) and `touched=true` (only alarms with effects) narrow the
 * alarms down; the lists are always whole.
 */
function showState(state: SimulatorState, query: URLSearchParams): object {
  const ids = query.getAll('eventId');
  const touched = query.get('touched') === 'true';
  const alarms = [...state.alarms.all()].filter(
    (alarm) => (ids.length === 0 || ids.includes(alarm.eventId)) && (!touched || alarm.effects.length > 0),
  );
  const { isolationDelayMs } = state.settings;
  return {
    alarms: alarms.map(showAlarm),
    alarmWhitelist: state.alarmWhitelist.list(),
    loginWhitelist: state.loginWhitelist.list(),
    isolatedFiles: state.isolatedFiles.list().map(({ alarm, goal, ...file }) => ({
      ...file,
      hostId: alarm.host.id,
      eventId: alarm.eventId,
      status: isolationStatus({ goal, since: file.since }, state.now(), isolationDelayMs),
    })),
    blockedIps: state.blockedIps.map(({ host, ...entry }) => ({
      ...entry,
      hostId: host.id,
      status: interceptStatus(entry, state.now(), isolationDelayMs),
    })),
    agents: Object.fromEntries(state.agents),
    tokensIssued: state.tokens.issued,
  };
}

/** The JSON form; the body as base64 is exact, the text is for reading. */
function showRequest(entry: RecordedRequest): object {
  const { body, ...rest } = entry;
  return { ...rest, bodyBase64: body.toString('base64'), bodyText: body.toString('utf8') };
}

const ROUTES: Readonly<Record<string, ControlRoute>> = {
  'GET health': () => ({ status: 'ok' }),
  'GET faults': (state) => faults(state),
  'POST faults': addFaults,
  'DELETE faults': (state) => state.faults.clear(),
  'GET requests': (state, request) => ({
    total: state.requests.total,
    requests: state.requests.matching(request.query.get('path')).map(showRequest),
  }),
  'DELETE requests': (state) => state.requests.clear(),
  'GET state': (state, request) => showState(state, request.query),
  'POST reset': (state) => state.reset(),
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
    return answer(200, route(state, request) ?? {});
  } catch (error) {
    if (error instanceof BadControlRequest) return answer(400, { problems: error.problems });
    if (error instanceof SyntaxError) return answer(400, { problems: [error.message] });
    throw error;
  }
}

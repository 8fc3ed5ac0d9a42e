import { PROJECT, projectById, type Project } from '../account.js';
import { boolean, integer, oneOf, text, type Schema } from '../contract/schema.js';
import type { Alarm } from '../hss/alarm.js';
import type { JsonObject } from '../json.js';
import { BadControlRequest, refuseUnless } from '../refusal.js';
import { generatedAlarms, makeAlarm, type AlarmPattern, type AlarmSpec } from '../seed/alarms.js';
import { GENERATED_HOSTS } from '../seed/hosts.js';
import type { SimulatorState } from '../state.js';

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
export function addAlarms(state: SimulatorState, body: JsonObject): object {
  const listed = body['alarms'];
  const added = Array.isArray(listed) ? listed.map(single) : [...many(state, body)];
  for (const alarm of added) state.alarms.add(alarm);
  return { added: added.length, eventIds: added.map((alarm) => alarm.eventId) };
}

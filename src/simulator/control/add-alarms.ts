import { PROJECT, type Project } from '../account.js';
import type { JsonObject } from '../json.js';
import {
  INT64_MAX,
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  problemsOf,
  required,
  text,
} from '../shape.js';
import { SEVERITIES } from '../hss/event-filter.js';
import type { Alarm } from '../hss/alarm.js';
import { generatedAlarms, type AlarmPattern } from '../seed/generated-alarms.js';
import { GENERATED_HOSTS } from '../seed/hosts.js';
import { makeAlarm, projectById, type AlarmSpec } from '../seed/make-alarm.js';
import type { World } from '../world.js';
import { BadControlRequest, refuseProblems } from './bad-control-request.js';

const COMMON = {
  projectId: optional(text(1, 64)),
  enterpriseProjects: optional(list(text(1, 256), 1, 100)),
  eventClassId: optional(text(1, 64)),
  eventType: optional(integer(1000n, 30_000n)),
  severity: optional(oneOf(SEVERITIES)),
};

const PATTERN = object({
  ...COMMON,
  count: required(integer(1n, 100_000n)),
  name: optional(text(1, 64)),
  startTime: optional(integer(0n, BigInt(Number.MAX_SAFE_INTEGER))),
  stepMs: optional(integer(0n, 1n << 40n)),
  handledEvery: optional(integer(0n, 1000n)),
});

const SPEC = object({
  ...COMMON,
  eventId: required(text(1, 64)),
  eventClassId: required(text(1, 64)),
  eventType: required(integer(1000n, 30_000n)),
  occurTime: required(integer(0n, INT64_MAX)),
  eventName: optional(text(0, 256)),
  category: optional(oneOf(['host', 'container'])),
  hostName: optional(oneOf(GENERATED_HOSTS.map((host) => host.name))),
  container: optional(
    object({ id: required(text(1, 256)), name: required(text(1, 256)), image: required(text(0, 256)) }),
  ),
  details: optional(list(object({}), 0, 100)),
  ragged: optional(boolean),
});

function projectOf({ projectId }: JsonObject): Project {
  const project = projectId === undefined ? PROJECT : projectById(projectId);
  if (project === undefined) throw new BadControlRequest(['projectId is no project of the simulator']);
  return project;
}

/** One alarm as a control request states it, in camelCase; `details` are in the wire's spelling. */
function single(spec: unknown): Alarm {
  refuseProblems(problemsOf(SPEC, spec));
  const { projectId, hostName, ...rest } = spec as JsonObject;
  const host = GENERATED_HOSTS.find((each) => each.name === hostName);
  return makeAlarm({ ...(rest as unknown as AlarmSpec), ...(host && { host }) }, projectOf({ projectId }));
}

function many(world: World, body: JsonObject): Iterable<Alarm> {
  refuseProblems(problemsOf(PATTERN, body));
  const { projectId, ...rest } = body;
  const defaults = { name: 'bulk', startTime: world.now() - Number(body['count']) * 1000, stepMs: 1000 };
  return generatedAlarms({
    ...defaults,
    ...(rest as unknown as AlarmPattern),
    project: projectOf({ projectId }),
  });
}

/** Adds `{ alarms: [...] }` one by one or `{ count, ... }` by a pattern; answers their ids in order. */
export function addAlarms(world: World, body: JsonObject): object {
  const listed = body['alarms'];
  const added = Array.isArray(listed) ? listed.map(single) : [...many(world, body)];
  for (const alarm of added) world.alarms.add(alarm);
  return { added: added.length, eventIds: added.map((alarm) => alarm.eventId) };
}

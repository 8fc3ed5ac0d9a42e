import { ENTERPRISE_PROJECT_NAMES } from '../account.js';
import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import { boolean, integer, list, object, optional, required, text } from '../shape.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, type Access } from './access.js';
import { RULE_FIELD_KEYS } from './operate-request.js';
import { QueryReader, pageOf, paged } from './query.js';
import { checkedBy, parsedBody } from './request-body.js';
import type { AlarmWhitelistEntry } from './whitelists.js';

const MOST_ENTRIES = 500;

function visible(world: World, request: SimulatorRequest, access: Access): AlarmWhitelistEntry[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return world.alarmWhitelist
    .list()
    .filter((entry) => entry.projectId === access.project.id && scope.includes(entry.enterpriseProjectId));
}

/** An alarm's keyword has the form `field=value`; the list shows it as a rule that wants the value equal. */
function ruleOf(entry: AlarmWhitelistEntry): object {
  if (entry.rule !== undefined) {
    const { field_key, field_value, judge_type } = entry.rule;
    return { white_field: field_key, field_value, judge_type };
  }
  const sign = entry.description.indexOf('=');
  const field = entry.description.slice(0, Math.max(sign, 0));
  if (!RULE_FIELD_KEYS.includes(field)) return {};
  return { white_field: field, field_value: entry.description.slice(sign + 1), judge_type: 'equal' };
}

/** `GET /v5/{project_id}/event/white-list/alarm` */
export function listAlarmWhitelist(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const [hash, eventType] = [query.text('hash', 0, 64), query.integer('event_type', 1000, 30_000)];
  const all = visible(world, request, access);
  const rows = all.filter(
    (entry) =>
      (hash === undefined || entry.hash === hash) &&
      (eventType === undefined || entry.eventType === eventType),
  );
  const page = paged(rows, pageOf(query), (entry) => ({
    enterprise_project_name: ENTERPRISE_PROJECT_NAMES.get(entry.enterpriseProjectId) ?? '',
    hash: entry.hash,
    description: entry.description,
    event_type: entry.eventType,
    ...ruleOf(entry),
    update_time: entry.updatedAt,
  }));
  const types = [...new Set(all.map((entry) => entry.eventType))];
  return { ...page, remain_num: MOST_ENTRIES - all.length, limit_num: MOST_ENTRIES, event_type_list: types };
}

interface RemoveBody {
  readonly data_list?: readonly {
    readonly event_type: number;
    readonly hash: string;
    readonly description: string;
    readonly delete_white_rule?: boolean;
  }[];
  readonly restore_alarm?: boolean;
  readonly delete_all?: boolean;
  readonly event_type?: number;
}

const EVENT_TYPE = integer(1000n, 30_000n);
const WORDS = text(0, 512);

/** Documented as optional, needed in practice: type, hash and description of each entry (contract 2.5.2). */
const REMOVE = object({
  data_list: optional(
    list(
      object({
        event_type: required(EVENT_TYPE),
        hash: required(WORDS),
        description: required(WORDS),
        delete_white_rule: optional(boolean),
      }),
      0,
      100,
    ),
  ),
  restore_alarm: optional(boolean),
  delete_all: optional(boolean),
  event_type: optional(EVENT_TYPE),
});

/** Which entries a body names; the list wins over `delete_all`, and a rule goes only where that is said. */
function named(body: RemoveBody, candidates: readonly AlarmWhitelistEntry[]): AlarmWhitelistEntry[] {
  if (body.data_list === undefined) {
    if (body.delete_all !== true) throw refusedByHss('HSS.0001', 'neither data_list nor delete_all');
    return candidates.filter((entry) => body.event_type === undefined || entry.eventType === body.event_type);
  }
  return body.data_list.map((asked) => {
    const entry = candidates.find(
      (each) =>
        each.eventType === asked.event_type &&
        each.hash === asked.hash &&
        each.description === asked.description &&
        (each.rule === undefined || asked.delete_white_rule === true),
    );
    if (entry === undefined) throw refusedByHss('HSS.0011', `whitelist entry ${asked.description}`);
    return entry;
  });
}

/** Alarms that were handled by adding one of these entries are open again. */
function restoreAlarms(world: World, entries: readonly AlarmWhitelistEntry[], projectId: string): void {
  for (const alarm of world.alarms.of(projectId)) {
    if (alarm.handling?.method !== 'add_to_alarm_whitelist') continue;
    const related = alarm.details.some((detail) =>
      entries.some((entry) => entry.description === detail.keyword && entry.hash === detail.hash),
    );
    if (related) alarm.handling = undefined;
  }
}

/** `DELETE /v5/{project_id}/event/white-list/alarm`, with a JSON body; the enterprise project must be named (2.5.2). */
export function removeAlarmWhitelist(world: World, request: SimulatorRequest, access: Access): void {
  if (!request.query.has('enterprise_project_id'))
    throw refusedByHss('HSS.0001', 'enterprise_project_id is missing');
  const body = parsedBody(request.body);
  checkedBy(REMOVE, body);
  const gone = named(body as RemoveBody, visible(world, request, access));
  world.alarmWhitelist.removeWhere((entry) => gone.includes(entry));
  if ((body as RemoveBody).restore_alarm === true) restoreAlarms(world, gone, access.project.id);
}

import type { Query } from '../contract/contract.js';
import { refusedByHss } from '../refusal.js';
import { DAY_MS } from '../settings.js';
import type { SimulatorState } from '../state.js';
import { isVisible, pageOf, visibleAlarms, type HssCall, type HssRoute } from './access.js';
import type { Alarm } from './alarm.js';
import { isOfLogin, restore, type AlarmWhitelistEntry } from './list-entries.js';
import {
  ALARM_WHITELIST,
  BLOCKED_IPS,
  HISTORY,
  ISOLATED_FILES,
  LOGIN_WHITELIST,
  SYSTEM_USERS,
  WHITELIST_RULES,
  type List,
  type NamedList,
  type Owned,
  type Shown,
} from './list-views.js';
import { isSupported } from './operate-types.js';

function visible<Entry extends Owned>(list: List<Entry>, { state, project, scope }: HssCall): Entry[] {
  return list
    .entries(state)
    .filter(({ alarm, projectId, enterpriseProjectId = '' }) =>
      alarm
        ? alarm.projectId === project.id && isVisible(alarm, scope)
        : projectId === project.id && scope.includes(enterpriseProjectId),
    );
}

type Filter = (shown: Shown, asked: unknown) => boolean;

const isAny: Filter = () => true;
const contains =
  (member: string): Filter =>
  (shown, asked) =>
    String(shown[member]).includes(String(asked));

/** What parameters do; any other one wants the shown member of its name to be equal. */
const FILTERS: Readonly<Record<string, Filter>> = {
  host_name: contains('host_name'),
  file_path: contains('file_path'),
  event_name: contains('event_name'),
  event_class_ids: (shown, asked) => (asked as unknown[]).includes(shown['event_class_id']),
  system_user_name: (shown, asked) => (shown['system_user_name_list'] as unknown[]).includes(asked),
  host_ip: (shown, asked) => [shown['private_ip'], shown['public_ip']].includes(asked),
  ...Object.fromEntries(
    ['enterprise_project_id', 'offset', 'limit', 'sort_key', 'sort_dir'].map((name) => [name, isAny]),
  ),
};

/** A look-back in days takes the place of the start of a window. */
function isInTime(time: unknown, now: number, query: Query): boolean {
  const { last_days: days, begin_time: begin, end_time: end } = query as Record<string, bigint | undefined>;
  const from = days === undefined ? begin : now - Number(days) * DAY_MS;
  const at = time as number;
  return (from === undefined || at >= from) && (end === undefined || at <= end);
}

function listing<Entry extends Owned>(list: List<Entry>) {
  return (call: HssCall): object => {
    const { state, query } = call;
    const { last_days: _days, begin_time: _begin, end_time: _end, ...members } = query;
    const filters = Object.entries(members);
    const entries = visible(list, call);
    const rows = entries
      .map((entry) => list.show(entry, state))
      .filter((shown) => list.time === undefined || isInTime(shown[list.time], state.now(), query))
      .filter((shown) =>
        filters.every(([name, asked]) => FILTERS[name]?.(shown, asked) ?? shown[name] === asked),
      );
    if (list.newestFirst && query['sort_dir'] !== 'asc') rows.reverse();
    return { ...pageOf(rows, query, (shown) => shown), ...list.summary?.(entries) };
  };
}

type Apply<Entry> = (state: SimulatorState, entries: readonly Entry[], body: Shown, call: HssCall) => void;

/** A call that changes entries of a list which its body names. The list wins over `delete_all` (contract 2.5.2). */
function changing<Entry extends Owned>(list: NamedList<Entry>, apply: Apply<Entry>) {
  const { key, called, allows = () => true } = list;
  return (call: HssCall): void => {
    const body = call.body as Shown & { readonly data_list?: readonly Shown[] };
    const candidates = visible(list, call).map((entry) => ({ entry, shown: list.show(entry, call.state) }));
    // Without a list all are meant, or all of one type.
    const isOfType = ({ shown }: { shown: Shown }): boolean =>
      body['event_type'] === undefined ||
      !key.includes('event_type') ||
      shown['event_type'] === body['event_type'];
    const named = body.data_list?.map((asked) => {
      const found = candidates.find(
        ({ entry, shown }) => key.every((name) => shown[name] === asked[name]) && allows(entry, asked),
      );
      if (found === undefined) throw refusedByHss('HSS.0011', `${called} ${String(asked[key.at(-1) ?? ''])}`);
      return found;
    });
    const entries = (named ?? candidates.filter(isOfType)).map(({ entry }) => entry);
    apply(call.state, entries, body, call);
  };
}

/** Which hosts a rule covers. No listing has its id (contract 2.5.4). */
function showRule(call: HssCall): object {
  const id = call.query['rule_id'];
  const rule = visible(WHITELIST_RULES, call).find((each) => each.ruleId === id);
  if (rule === undefined) throw refusedByHss('HSS.0011', `rule ${String(id)}`);
  return WHITELIST_RULES.show(rule, call.state);
}

/** Alarms that were handled by adding one of these entries are open again. */
function restoreAlarms(alarms: Iterable<Alarm>, entries: readonly AlarmWhitelistEntry[]): void {
  for (const alarm of alarms) {
    if (alarm.handling?.method !== 'add_to_alarm_whitelist') continue;
    const isRelated = alarm.details.some((detail) =>
      entries.some((entry) => entry.description === detail.keyword && entry.hash === detail.hash),
    );
    if (isRelated) alarm.handling = undefined;
  }
}

/** `POST .../event/white-list/login`; with `handle_event` the alarms of that login are handled too. */
function addLoginWhitelist(call: HssCall): void {
  const { state, project, scope } = call;
  const body = call.body as Readonly<Record<string, string>> & { readonly handle_event?: unknown };
  const login = {
    projectId: project.id,
    enterpriseProjectId: scope[0] ?? '0',
    privateIp: body['private_ip'] ?? '',
    loginIp: body['login_ip'] ?? '',
    loginUserName: body['login_user_name'] ?? '',
    remarks: body['remarks'] ?? '',
    updatedAt: state.now(),
  };
  state.loginWhitelist.put(login);
  if (body.handle_event !== true) return;
  for (const alarm of visibleAlarms(call)) {
    const isRelated = alarm.details.some((detail) => isOfLogin(login, detail));
    const isOpen = alarm.handling === undefined;
    if (isRelated && isOpen && isSupported(alarm.eventClassId, 'add_to_login_whitelist'))
      alarm.handling = { method: 'add_to_login_whitelist', at: state.now() };
  }
}

export const LIST_ROUTES: Readonly<Record<string, HssRoute>> = {
  ListEventHandleHistory: listing(HISTORY),
  ListAlarmWhiteList: listing(ALARM_WHITELIST),
  RemoveAlarmWhiteList: changing(ALARM_WHITELIST, (state, entries, body, { project }) => {
    state.alarmWhitelist.removeWhere((entry) => entries.includes(entry));
    if (body['restore_alarm'] === true) restoreAlarms(state.alarms.of(project.id), entries);
  }),
  ListAlarmWhiteListHostDetail: showRule,
  ListSystemUserWhiteList: listing(SYSTEM_USERS),
  ListLoginWhiteList: listing(LOGIN_WHITELIST),
  AddLoginWhiteList: addLoginWhitelist,
  RemoveLoginWhiteList: changing(LOGIN_WHITELIST, (state, entries) =>
    state.loginWhitelist.removeWhere((entry) => entries.includes(entry)),
  ),
  ListIsolatedFile: listing(ISOLATED_FILES),
  /** Sends files back to their hosts (contract 2.8.2). */
  ChangeIsolatedFile: changing(ISOLATED_FILES, (state, files) =>
    files.forEach((file) => restore(file, state.now())),
  ),
  /** The files are gone for good. */
  DeleteIsolatedFile: changing(ISOLATED_FILES, (state, files) =>
    state.isolatedFiles.removeWhere((file) => files.includes(file)),
  ),
  ListBlockedIp: listing(BLOCKED_IPS),
  /** Lets addresses in again. */
  ChangeBlockedIp: changing(BLOCKED_IPS, (state, entries) => {
    for (const entry of entries) entry.unblockedAt ??= state.now();
  }),
};

import { ENTERPRISE_PROJECT_NAMES } from '../account.js';
import { theContract } from '../contract/contract.js';
import type { SimulatorState } from '../state.js';
import { abstractOf, handleStatus, type Alarm } from './alarm.js';
import {
  interceptStatus,
  isolationStatus,
  type AlarmWhitelistEntry,
  type BlockedIp,
  type HistoryEntry,
  type IsolatedFile,
  type LoginWhitelistEntry,
  type SystemUsersEntry,
  type WhitelistRule,
} from './list-entries.js';

/** What an entry belongs to: the project and the enterprise projects of its alarm, or its own. */
export interface Owned {
  readonly alarm?: Alarm;
  readonly projectId?: string;
  readonly enterpriseProjectId?: string;
}

/** An entry as upstream shows it. */
export type Shown = Readonly<Record<string, unknown>>;

/** A list of upstream's: what is in it, and how an entry looks. */
export interface List<Entry extends Owned> {
  readonly entries: (state: SimulatorState) => readonly Entry[];
  readonly show: (entry: Entry, state: SimulatorState) => Shown;
  /** What stands beside the page. */
  readonly summary?: (entries: readonly Entry[]) => object;
  /** The shown member that `last_days`, `begin_time` and `end_time` look at. */
  readonly time?: string;
  readonly newestFirst?: true;
}

/** One whose entries can be changed by naming them: all of them or none. */
export interface NamedList<Entry extends Owned> extends List<Entry> {
  /** The shown members that name an entry in `data_list`; the last one names it in a refusal. */
  readonly key: readonly string[];
  readonly called: string;
  /** Whether an entry of that name may be meant. */
  readonly allows?: (entry: Entry, named: Shown) => boolean;
}

/** Made up: upstream's own limits are not published. */
const MAX_ALARM_WHITELIST_ENTRIES = 500;
const MAX_SYSTEM_USERS_ENTRIES = 500;

/** An alarm's keyword has the form `field=value`; the list shows it as a rule that wants the value equal. */
function ruleOf({ rule, description }: AlarmWhitelistEntry): object {
  if (rule) {
    const { field_key, field_value, judge_type } = rule;
    return { white_field: field_key, field_value, judge_type };
  }
  const sign = description.indexOf('=');
  const field = description.slice(0, Math.max(sign, 0));
  if (!theContract().enumOf('WhiteField').includes(field)) return {};
  return { white_field: field, field_value: description.slice(sign + 1), judge_type: 'equal' };
}

const enterpriseProjectName = (id: string): string => ENTERPRISE_PROJECT_NAMES.get(id) ?? '';

/** `.../event/white-list/alarm` */
export const ALARM_WHITELIST: NamedList<AlarmWhitelistEntry> = {
  entries: (state) => state.alarmWhitelist.list(),
  key: ['event_type', 'hash', 'description'],
  called: 'whitelist entry',
  // A rule goes only where that is said (contract 2.5.2).
  allows: (entry, named) => entry.rule === undefined || named['delete_white_rule'] === true,
  show: (entry) => ({
    enterprise_project_name: enterpriseProjectName(entry.enterpriseProjectId),
    hash: entry.hash,
    description: entry.description,
    event_type: entry.eventType,
    ...ruleOf(entry),
    update_time: entry.updatedAt,
  }),
  summary: (entries) => ({
    remain_num: MAX_ALARM_WHITELIST_ENTRIES - entries.length,
    limit_num: MAX_ALARM_WHITELIST_ENTRIES,
    event_type_list: [...new Set(entries.map((entry) => entry.eventType))],
  }),
};

/** `.../event/white-list/rule/detail`: one of them, by its id. */
export const WHITELIST_RULES: List<WhitelistRule> = {
  entries: (state) => state.whitelistRules,
  show: ({ ruleId, scope, agentIds }) => ({
    rule_id: ruleId,
    scope,
    ...(agentIds && { agent_ids: agentIds }),
  }),
};

/** `.../event/white-list/userlist` */
export const SYSTEM_USERS: List<SystemUsersEntry> = {
  entries: (state) => state.systemUsers,
  show: (entry) => ({
    enterprise_project_name: enterpriseProjectName(entry.enterpriseProjectId),
    host_id: entry.host.id,
    host_name: entry.host.name,
    private_ip: entry.host.privateIp,
    public_ip: entry.host.publicIp,
    system_user_name_list: entry.userNames,
    update_time: entry.updatedAt,
    remarks: entry.remarks,
  }),
  summary: (entries) => ({
    remain_num: MAX_SYSTEM_USERS_ENTRIES - entries.length,
    limit_num: MAX_SYSTEM_USERS_ENTRIES,
  }),
};

/** `.../event/white-list/login` */
export const LOGIN_WHITELIST: NamedList<LoginWhitelistEntry> = {
  entries: (state) => state.loginWhitelist.list(),
  key: ['private_ip', 'login_ip', 'login_user_name'],
  called: 'login of',
  show: (entry) => ({
    private_ip: entry.privateIp,
    login_ip: entry.loginIp,
    login_user_name: entry.loginUserName,
    update_time: entry.updatedAt,
    remarks: entry.remarks,
    enterprise_project_name: enterpriseProjectName(entry.enterpriseProjectId),
  }),
};

/** `.../event/isolated-file` */
export const ISOLATED_FILES: NamedList<IsolatedFile> = {
  entries: (state) => state.isolatedFiles.list(),
  key: ['host_id', 'file_hash', 'file_path'],
  called: 'isolated file',
  time: 'update_time',
  show: (file, state) => ({
    os_type: file.alarm.host.os,
    host_id: file.alarm.host.id,
    host_name: file.alarm.host.name,
    file_hash: file.fileHash,
    file_path: file.filePath,
    file_attr: file.fileAttr,
    isolation_status: isolationStatus(file, state.now(), state.settings.isolationDelayMs),
    private_ip: file.alarm.host.privateIp,
    public_ip: file.alarm.host.publicIp,
    asset_value: file.alarm.host.assetValue,
    update_time: file.since,
    agent_version: '3.2.20',
    isolate_source: 'event',
    event_name: file.alarm.eventName,
    agent_event_info: {
      event_id: file.alarm.eventId,
      event_class_id: file.alarm.eventClassId,
      event_type: file.alarm.eventType,
      event_name: file.alarm.eventName,
      severity: file.alarm.severity,
      host_id: file.alarm.host.id,
      occur_time: file.alarm.occurTime,
      handle_status: handleStatus(file.alarm),
    },
    antivirus_result_info: {},
  }),
};

/** `.../event/blocked-ip` */
export const BLOCKED_IPS: NamedList<BlockedIp> = {
  entries: (state) => state.blockedIps,
  key: ['host_id', 'login_type', 'src_ip'],
  called: 'blocked address',
  time: 'latest_time',
  show: (entry, state) => ({
    host_id: entry.host.id,
    host_name: entry.host.name,
    src_ip: entry.srcIp,
    login_type: entry.loginType,
    intercept_num: entry.interceptNum,
    intercept_status: interceptStatus(entry, state.now(), state.settings.isolationDelayMs),
    block_time: entry.blockTime,
    latest_time: entry.latestTime,
  }),
};

/** `.../event/handle-history`: rows carry no event id. */
export const HISTORY: List<HistoryEntry> = {
  entries: (state) => state.history,
  newestFirst: true,
  show: ({ alarm, ...entry }) => ({
    event_type: alarm.eventType,
    host_name: alarm.host.name,
    event_abstract: abstractOf(alarm),
    attack_tag: alarm.attackTag,
    private_ip: alarm.host.privateIp,
    public_ip: alarm.host.publicIp,
    asset_value: alarm.host.assetValue,
    occur_time: alarm.occurTime,
    handle_status: entry.statusAfter,
    notes: entry.notes,
    event_class_id: alarm.eventClassId,
    event_name: alarm.eventName,
    handle_time: entry.at,
    operate_type: entry.operateType,
    severity: alarm.severity,
    user_name: entry.userName,
  }),
};

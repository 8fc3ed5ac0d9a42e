import type { FilterOperation, ListOperation } from '../domain/operation-type.js';

/** One parameter of a call's query besides `enterprise_project_id`, which every call takes (contract 2.0). */
export interface QueryParameter {
  readonly name: string;
  readonly kind: 'text' | 'whole' | 'flag';
  readonly required: boolean;
  /** It may be repeated. */
  readonly list: boolean;
}

/**
 * What a reading call answers, which decides how far it can be narrowed to what a caller is granted.
 *
 * - `rows`: `{ total_num, data_list }`, paged by `offset` and `limit` where the call has them; rows that are about an alarm say of which kind
 * - `entries`: likewise, but no row says of alarms of which kind it is about
 * - `counts`: numbers, and rows of numbers by a word; they can be added up, and not be taken apart
 * - `top`: likewise, but only the largest, which cannot be added up
 * - `words`: words that are the same whatever alarms there are
 * - `rule`: one rule of a whitelist, for hosts of any kind
 */
export type AnswerKind = 'rows' | 'entries' | 'counts' | 'top' | 'words' | 'rule';

/** What the gateway makes of a call. */
export type Offer =
  | { readonly kind: 'operate' }
  | { readonly kind: 'read'; readonly answers: AnswerKind; readonly mostRows: number }
  /** @param all what it is where it means all there is, and not what it names */
  | { readonly kind: 'change'; readonly operation: ListOperation; readonly all?: FilterOperation }
  | { readonly kind: 'batch'; readonly operation: FilterOperation }
  /** @param instead what a client does in its place; goes on a sentence */
  | { readonly kind: 'none'; readonly instead?: string };

/** A call of upstream's alarm family. */
export interface FamilyCall {
  /** Upstream's name, as in `openapi/hss.yaml`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v5/{project_id}/`. */
  readonly path: string;
  /** Of the contract. */
  readonly section: string;
  readonly summary: string;
  readonly query: readonly QueryParameter[];
  readonly offer: Offer;
}

type Words = readonly [name: string, section: string, summary: string];

/** `!` it is required, `#` a whole number, `?` true or false, `*` it may be repeated. */
function parametersOf(text: string): QueryParameter[] {
  return [...text.matchAll(/(\w+)([!#?*]*)/g)].map(([, name = '', marks = '']) => ({
    name,
    kind: marks.includes('#') ? 'whole' : marks.includes('?') ? 'flag' : 'text',
    required: marks.includes('!'),
    list: marks.includes('*'),
  }));
}

/** The most rows of a page (contract 2.0); where upstream does not say, as much as all lists take. */
const PAGE = 200;
const PAGE_OF_EVENTS = 1_000;

function read(
  [name, section, summary]: Words,
  path: string,
  query: string,
  answers: AnswerKind,
  mostRows = PAGE,
): FamilyCall {
  const offer = { kind: 'read', answers, mostRows } as const;
  return { name, method: 'GET', path, section, summary, query: parametersOf(query), offer };
}

function call(
  [name, section, summary]: Words,
  method: FamilyCall['method'],
  path: string,
  offer: Offer,
): FamilyCall {
  return { name, method, path, section, summary, query: [], offer };
}

function none(words: Words, method: FamilyCall['method'], path: string, instead?: string): FamilyCall {
  return call(words, method, path, { kind: 'none', ...(instead !== undefined && { instead }) });
}

const HOST_FILTERS = 'host_name host_id private_ip public_ip container_name';
const ALARM_FILTERS =
  'handle_status severity severity_list* attack_tag asset_value tag_list* att_ck event_name';
const WINDOW = 'begin_time# end_time# last_days#';

/** Every call of upstream's alarm family (contract 2.0): the routes, their checks and the document are made from this table. */
export const FAMILY_CALLS: readonly FamilyCall[] = [
  read(
    ['ListSecurityEvents', '2.1', 'List alarms.'],
    'event/events',
    `category! last_days# ${HOST_FILTERS} offset# limit# event_types#* begin_time end_time event_class_ids* auto_block? ${ALARM_FILTERS}`,
    'rows',
    PAGE_OF_EVENTS,
  ),
  {
    ...call(['ChangeEvent', '1', 'Handle alarms.'], 'POST', 'event/operate', { kind: 'operate' }),
    query: parametersOf('container_id container_name'),
  },
  call(['BatchChangeEvent', '2.2.1', 'Handle every alarm of a type.'], 'POST', 'event/batch-operate', {
    kind: 'batch',
    operation: 'handle_by_event_type',
  }),
  read(
    ['ListEventOperates', '2.2.2', 'List what alarms of a type take.'],
    'event/batch-operate',
    'event_type#',
    'words',
  ),
  read(
    ['ListEventHandleHistory', '2.3', 'List what was done with alarms.'],
    'event/handle-history',
    'severity attack_tag asset_value event_class_ids* event_name event_type# host_name handle_status host_ip limit#! offset#! public_ip private_ip sort_dir sort_key',
    'rows',
  ),
  read(
    ['ListRelatedEvents', '2.4.1', 'List alarms around an alarm.'],
    'event/related-events',
    'offset#! limit#! category! event_id! occur_time#!',
    'rows',
  ),
  read(
    ['ListSameEvents', '2.4.2', 'List alarms of the same class.'],
    'event/same-events',
    'event_id! event_class_id! occur_time# offset# limit#',
    'rows',
  ),
  read(
    ['ListSimilarHandledEvents', '2.4.3', 'List how similar alarms were handled.'],
    'event/similar-handled-events',
    'event_id! occur_time#',
    'rows',
  ),
  read(
    ['ListAlarmWhiteList', '2.5.1', 'List the alarm whitelist.'],
    'event/white-list/alarm',
    'hash event_type# offset# limit#',
    'rows',
  ),
  call(
    ['RemoveAlarmWhiteList', '2.5.2', 'Remove entries of the alarm whitelist.'],
    'DELETE',
    'event/white-list/alarm',
    { kind: 'change', operation: 'remove_alarm_whitelist_entries', all: 'clear_alarm_whitelist' },
  ),
  none(
    ['UpdateAlarmWhiteListHost', '2.5.3', 'Change the hosts of a whitelist rule.'],
    'PUT',
    'event/white-list/alarm',
  ),
  read(
    ['ListAlarmWhiteListHostDetail', '2.5.4', 'Show the hosts of a whitelist rule.'],
    'event/white-list/rule/detail',
    'rule_id!',
    'rule',
  ),
  read(
    ['ListLoginWhiteList', '2.6.1', 'List the login whitelist.'],
    'event/white-list/login',
    'private_ip login_ip login_user_name offset#! limit#!',
    'entries',
  ),
  none(
    ['AddLoginWhiteList', '2.6.2', 'Add to the login whitelist.'],
    'POST',
    'event/white-list/login',
    'handle an alarm with add_to_login_whitelist',
  ),
  call(
    ['RemoveLoginWhiteList', '2.6.3', 'Remove entries of the login whitelist.'],
    'DELETE',
    'event/white-list/login',
    { kind: 'change', operation: 'remove_login_whitelist_entries', all: 'clear_login_whitelist' },
  ),
  read(
    ['ListSystemUserWhiteList', '2.7.1', 'List the whitelist of system users.'],
    'event/white-list/userlist',
    'host_id host_name private_ip public_ip system_user_name offset#! limit#!',
    'entries',
  ),
  none(['AddSystemUserWhiteList', '2.7.2', 'Add system users.'], 'POST', 'event/white-list/userlist'),
  none(['UpdateSystemUserWhiteList', '2.7.3', 'Change system users.'], 'PUT', 'event/white-list/userlist'),
  none(['RemoveSystemUserWhiteList', '2.7.4', 'Remove system users.'], 'DELETE', 'event/white-list/userlist'),
  read(
    ['ListIsolatedFile', '2.8.1', 'List isolated files.'],
    'event/isolated-file',
    `file_path host_name private_ip public_ip file_hash asset_value offset# limit# isolation_status ${WINDOW}`,
    'rows',
  ),
  call(['ChangeIsolatedFile', '2.8.2', 'Put isolated files back.'], 'PUT', 'event/isolated-file', {
    kind: 'change',
    operation: 'restore_isolated_files',
  }),
  call(['DeleteIsolatedFile', '2.8.3', 'Delete isolated files.'], 'DELETE', 'event/isolated-file', {
    kind: 'change',
    operation: 'delete_isolated_files',
  }),
  read(
    ['ListBlockedIp', '2.9.1', 'List blocked addresses.'],
    'event/blocked-ip',
    'last_days# host_name src_ip intercept_status offset# limit#',
    'entries',
  ),
  call(['ChangeBlockedIp', '2.9.2', 'Let blocked addresses in again.'], 'PUT', 'event/blocked-ip', {
    kind: 'change',
    operation: 'unblock_addresses',
  }),
  read(
    ['ListEventType', '2.10.1', 'Count alarms by type.'],
    'event/event-type',
    `${WINDOW} category! ${HOST_FILTERS} ${ALARM_FILTERS}`,
    'counts',
  ),
  read(
    ['ShowEventSeverity', '2.10.2', 'Count alarms by severity.'],
    'event/severity',
    `${WINDOW} category! ${HOST_FILTERS} event_type# ${ALARM_FILTERS}`,
    'counts',
  ),
  read(
    ['ShowEventAttackTag', '2.10.3', 'Count alarms by marking of the attack.'],
    'event/attack-tag',
    `last_days# category! ${HOST_FILTERS} event_type# ${ALARM_FILTERS}`,
    'counts',
  ),
  read(
    ['ListEventAttCk', '2.10.4', 'Count alarms by ATT&CK phase.'],
    'event/att-ck',
    `last_days# category! ${HOST_FILTERS} event_type# ${ALARM_FILTERS.replace(' att_ck', '')}`,
    'counts',
  ),
  read(
    ['ListEventTopRisk', '2.10.5', 'Show the most frequent event classes.'],
    'event/top-risk',
    `${WINDOW} category! host_name host_id private_ip container_name event_type# handle_status severity`,
    'top',
  ),
  none(['ListEventForensic', '2.11', 'Show forensics.'], 'GET', 'event/forensic'),
  none(['DownloadEventSourceFile', '2.11.1', 'Download the file of an alarm.'], 'GET', 'event/download-file'),
  none(
    ['ExportEventRequest', '2.12.1', 'Export alarms.'],
    'POST',
    'event/export',
    'list them (GET event/events)',
  ),
  none(['ShowExportTask', '2.12.2', 'Show an export.'], 'GET', 'event/export-task/{task_id}'),
  none(['ListQueryExportTask', '2.12.3', 'Show an export.'], 'GET', 'export-task/{task_id}'),
  none(['ShowLatestExportTaskByType', '2.0', 'Show the latest export.'], 'GET', 'export-task'),
  none(['ListDownloadExportedFile', '2.12.4', 'Download an export.'], 'GET', 'download/{file_id}'),
  none(['ListLoginWhiteIp', '2.13.1', 'List addresses that may log in.'], 'GET', 'setting/login-white-ip'),
  none(
    ['ModifyLoginWhiteIp', '2.13.2', 'Change addresses that may log in.'],
    'POST',
    'setting/login-white-ip',
  ),
  none(['ListAlarmConfig', '2.13.3', 'Show the notifications.'], 'GET', 'setting/alarm-config'),
  none(['UpdateAlarmConfig', '2.13.4', 'Change the notifications.'], 'PUT', 'setting/alarm-config'),
];

/** A call of IAM's that the gateway answers itself (contract 3.1, 3.2). */
export interface IamCall extends Pick<
  FamilyCall,
  'name' | 'method' | 'path' | 'section' | 'summary' | 'query'
> {
  readonly isScoped: false;
}

function iam(
  [name, section, summary]: Words,
  method: FamilyCall['method'],
  path: string,
  query = '',
): IamCall {
  return { name, method, path, section, summary, query: parametersOf(query), isScoped: false };
}

/** Their paths are below `/v3/`. */
export const IAM_CALLS: readonly IamCall[] = [
  iam(['KeystoneCreateToken', '3.1', 'Get a token.'], 'POST', 'auth/tokens', 'nocatalog'),
  iam(
    ['KeystoneListProjects', '3.2', 'List the projects that you are granted.'],
    'GET',
    'projects',
    'name page# per_page# domain_id parent_id enabled? is_domain?',
  ),
  iam(['KeystoneListAuthDomains', '3.2', 'Show the account.'], 'GET', 'auth/domains'),
  iam(['KeystoneShowCatalog', '3.1.7', 'Show where the services are.'], 'GET', 'auth/catalog'),
];

export function iamCall(name: string): IamCall {
  const found = IAM_CALLS.find((each) => each.name === name);
  if (!found) throw new Error(`there is no call ${name}`);
  return found;
}

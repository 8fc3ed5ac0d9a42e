import { OPERATIONS } from '../domain/operation-name.js';
import type { Read, ReadBack } from './upstream-call.js';
import { dataList } from './read-events.js';
import { readEvents } from './event-calls.js';
import type { WireDetail, WireEvent } from './wire.js';

/** Whether the lists that an operation changes stand as it wants them; `not_listed_anywhere` for types that change none. */
export type ListStanding = 'as_wanted' | 'otherwise' | 'unclear' | 'not_listed_anywhere';

interface Lookup {
  readonly name: string;
  readonly path: string;
  readonly query: (detail: WireDetail) => [string, string][];
  /** Whether an entry is that detail's. */
  readonly matches: (entry: Record<string, unknown>, detail: WireDetail) => boolean;
  /** Whether an entry says that the operation's forward type has been done. */
  readonly stands: (entry: Record<string, unknown>) => boolean;
}

const PAGE: [string, string][] = [
  ['offset', '0'],
  ['limit', '200'],
];
/** States in which a quarantined file counts as isolated, on its way there included (contract 2.8.1). */
const ISOLATED: ReadonlySet<unknown> = new Set(['isolated', 'isolating']);
/** The agent on the host has yet to do it. */
const UNDER_WAY: ReadonlySet<unknown> = new Set(['isolating', 'restoring']);
const there = () => true;

/** Contract 2.5.1: an entry is found by its hash. */
const ALARM_WHITELIST: Lookup = {
  name: 'ListAlarmWhiteList',
  path: 'white-list/alarm',
  query: ({ hash = '' }) => [['hash', hash], ...PAGE],
  matches: (entry, { hash }) => entry['hash'] === hash,
  stands: there,
};
/** Contract 2.6.1. */
const LOGIN_WHITELIST: Lookup = {
  name: 'ListLoginWhiteList',
  path: 'white-list/login',
  query: ({ private_ip = '', login_ip = '', login_user_name = '' }) => [
    ['private_ip', private_ip],
    ['login_ip', login_ip],
    ['login_user_name', login_user_name],
    ...PAGE,
  ],
  matches: (entry, detail) =>
    entry['private_ip'] === detail.private_ip &&
    entry['login_ip'] === detail.login_ip &&
    entry['login_user_name'] === detail.login_user_name,
  stands: there,
};
/** Contract 2.8.1. */
const ISOLATED_FILES: Lookup = {
  name: 'ListIsolatedFile',
  path: 'isolated-file',
  query: ({ file_hash = '', file_path = '' }) => [
    ['file_hash', file_hash],
    ['file_path', file_path],
    ...PAGE,
  ],
  matches: (entry, detail) =>
    entry['file_hash'] === detail.file_hash && entry['file_path'] === detail.file_path,
  stands: (entry) => ISOLATED.has(entry['isolation_status']),
};

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  add_to_alarm_whitelist: ALARM_WHITELIST,
  remove_from_alarm_whitelist: ALARM_WHITELIST,
  add_to_login_whitelist: LOGIN_WHITELIST,
  remove_from_login_whitelist: LOGIN_WHITELIST,
  isolate_and_kill: ISOLATED_FILES,
  do_not_isolate_or_kill: ISOLATED_FILES,
};

/** How the lists that an operation changes stand for one alarm. */
export interface Listed {
  readonly standing: ListStanding;
  readonly underWay?: true;
}

/** Reads the list that the operation changes, for every detail of one alarm. */
export async function standsInLists(readBack: ReadBack, event: WireEvent, read: Read): Promise<Listed> {
  const { operation, scope } = readBack;
  const lookup = LOOKUPS[operation];
  if (!lookup) return { standing: 'not_listed_anywhere' };
  const wanted = !OPERATIONS[operation].takesBack;
  let asWanted = 0;
  let underWay = false;
  for (const detail of event.operate_detail_list) {
    const query: [string, string][] = [
      ['enterprise_project_id', scope.enterpriseProjectId],
      ...lookup.query(detail),
    ];
    const body = await read(readEvents(lookup.name, readBack, lookup.path, query));
    if (body === undefined) return { standing: 'unclear' };
    const entries = dataList<Record<string, unknown>>(body).filter((entry) => lookup.matches(entry, detail));
    if (entries.some(lookup.stands) === wanted) asWanted += 1;
    underWay ||= entries.some(({ isolation_status: status }) => UNDER_WAY.has(status));
  }
  if (asWanted === event.operate_detail_list.length) {
    return { standing: 'as_wanted', ...(underWay && { underWay }) };
  }
  return { standing: asWanted === 0 ? 'otherwise' : 'unclear' };
}

import { createHash } from 'node:crypto';

import type { FilterOperation, ListOperation } from '../domain/operation-type.js';
import type { InterceptStatus, IsolationStatus } from '../domain/upstream-words.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';

/** A line of one of upstream's lists, spelled as upstream spells it. */
export type WireItem = Readonly<Record<string, unknown>>;

/** One of upstream's lists, and what distinguishes its lines. */
export interface UpstreamList {
  /** Upstream's name of the call that reads it. */
  readonly call: string;
  /** Below `event/`. */
  readonly path: string;
  /** Fields that together mean one line. */
  readonly key: readonly string[];
  /** Those of them by which upstream narrows the list. */
  readonly filter: readonly string[];
  /** A line that only the filter finds may be the one that is meant, under another value of its key. */
  readonly isKeyLoose?: true;
  /** Absent: its lines have no state. */
  readonly status?: LineStatus;
}

/** The field that says how a line stands, and what its documented words mean; another word, or none, says nothing. */
interface LineStatus {
  readonly field: string;
  readonly words: ReadonlyMap<unknown, LineState>;
}

interface LineState {
  /** Whether what the line stands for was undone. */
  readonly isBack: boolean;
  /** The agent on the host has yet to do it. */
  readonly isUnderWay: boolean;
}

/** How a line stands, as far as it says. */
export function lineStateOf({ status }: UpstreamList, line: WireItem): LineState | undefined {
  return status?.words.get(line[status.field]);
}

const wordsOf = <Word extends string>(states: Readonly<Record<Word, LineState>>) =>
  new Map<unknown, LineState>(Object.entries(states));

/** Contract 2.5.1. */
export const ALARM_WHITELIST: UpstreamList = {
  call: 'ListAlarmWhiteList',
  path: 'white-list/alarm',
  key: ['event_type', 'hash', 'description'],
  filter: ['event_type', 'hash'],
  // Another description of the same hash may be the same entry.
  isKeyLoose: true,
};

/** Contract 2.6.1. */
export const LOGIN_WHITELIST: UpstreamList = {
  call: 'ListLoginWhiteList',
  path: 'white-list/login',
  key: ['private_ip', 'login_ip', 'login_user_name'],
  filter: ['private_ip', 'login_ip', 'login_user_name'],
};

/** Contract 2.8.1. */
export const ISOLATED_FILES: UpstreamList = {
  call: 'ListIsolatedFile',
  path: 'isolated-file',
  key: ['host_id', 'file_hash', 'file_path'],
  filter: ['file_hash', 'file_path'],
  status: {
    field: 'isolation_status',
    words: wordsOf<IsolationStatus>({
      isolated: { isBack: false, isUnderWay: false },
      isolating: { isBack: false, isUnderWay: true },
      restored: { isBack: true, isUnderWay: false },
      restoring: { isBack: true, isUnderWay: true },
    }),
  },
};

/** Contract 2.9.1. */
export const BLOCKED_ADDRESSES: UpstreamList = {
  call: 'ListBlockedIp',
  path: 'blocked-ip',
  key: ['host_id', 'src_ip', 'login_type'],
  filter: ['src_ip'],
  status: {
    field: 'intercept_status',
    words: wordsOf<InterceptStatus>({
      intercepted: { isBack: false, isUnderWay: false },
      canceled: { isBack: true, isUnderWay: false },
      cancelling: { isBack: true, isUnderWay: true },
    }),
  },
};

/** Contract 2.3. It can only be read, and its lines have no id: two that read the same are as good as one. */
export const HANDLING_HISTORY: UpstreamList = {
  call: 'ListEventHandleHistory',
  path: 'handle-history',
  key: [
    'event_type',
    'event_class_id',
    'host_name',
    'private_ip',
    'occur_time',
    'handle_time',
    'operate_type',
  ],
  filter: [],
};

/** What an operation does to lines of a list. */
export interface LineChange {
  readonly list: UpstreamList;
  readonly call: Pick<UpstreamCall, 'name' | 'method'>;
  /** `removed`: they are no longer listed. `taken_back`: their state says so. */
  readonly effect: 'removed' | 'taken_back';
}

/**
 * The calls that change upstream's lists (contract 2.5.2, 2.6.3, 2.8.2, 2.8.3, 2.9.2). Of isolated files PUT puts back and DELETE
 * deletes; the three DELETE calls carry a body.
 */
export const LINE_CHANGES: Readonly<Record<ListOperation, LineChange>> = {
  remove_alarm_whitelist_entries: {
    list: ALARM_WHITELIST,
    call: { name: 'RemoveAlarmWhiteList', method: 'DELETE' },
    effect: 'removed',
  },
  remove_login_whitelist_entries: {
    list: LOGIN_WHITELIST,
    call: { name: 'RemoveLoginWhiteList', method: 'DELETE' },
    effect: 'removed',
  },
  restore_isolated_files: {
    list: ISOLATED_FILES,
    call: { name: 'ChangeIsolatedFile', method: 'PUT' },
    effect: 'taken_back',
  },
  delete_isolated_files: {
    list: ISOLATED_FILES,
    call: { name: 'DeleteIsolatedFile', method: 'DELETE' },
    effect: 'removed',
  },
  unblock_addresses: {
    list: BLOCKED_ADDRESSES,
    call: { name: 'ChangeBlockedIp', method: 'PUT' },
    effect: 'taken_back',
  },
};

/** A call that acts on whatever there is (contract 2.2.1, 2.5.2, 2.6.3). */
interface FilterCall {
  readonly call: Pick<UpstreamCall, 'name' | 'method'>;
  /** Below `event/`. */
  readonly path: string;
  /** The list that is empty afterwards, where it shows so; absent: nothing shows what was done. */
  readonly clears?: UpstreamList;
}

export const FILTER_CALLS: Readonly<Record<FilterOperation, FilterCall>> = {
  handle_by_event_type: { call: { name: 'BatchChangeEvent', method: 'POST' }, path: 'batch-operate' },
  clear_alarm_whitelist: {
    call: { name: 'RemoveAlarmWhiteList', method: 'DELETE' },
    path: ALARM_WHITELIST.path,
    clears: ALARM_WHITELIST,
  },
  clear_login_whitelist: {
    call: { name: 'RemoveLoginWhiteList', method: 'DELETE' },
    path: LOGIN_WHITELIST.path,
    clears: LOGIN_WHITELIST,
  },
};

/** Whether two lines are the same one. */
export function isSameItem({ key }: UpstreamList, one: WireItem, other: WireItem): boolean {
  return key.every((field) => one[field] === other[field]);
}

/** Half of a SHA-256: no two lines meet in it by chance. */
const ID_DIGITS = 32;

/** The id of a line of a list: the same at any time, because it is made of the fields that identify the line. */
export function itemIdOf(list: UpstreamList, item: WireItem): string {
  return idOf([list.path, ...list.key.map((field) => item[field] ?? null)]);
}

/** The id of what a call that acts by a filter acts on. */
export function filterIdOf(operation: FilterOperation, filter: WireItem): string {
  return idOf([operation, filter['event_type'] ?? null, filter['category'] ?? null]);
}

function idOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_DIGITS);
}

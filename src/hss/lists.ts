import { createHash } from 'node:crypto';

import type { ListOperation } from '../domain/operation-type.js';

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
}

/** Contract 2.5.1. */
export const ALARM_WHITELIST: UpstreamList = {
  call: 'ListAlarmWhiteList',
  path: 'white-list/alarm',
  key: ['event_type', 'hash', 'description'],
  filter: ['event_type', 'hash'],
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
};

/** Contract 2.9.1. */
export const BLOCKED_ADDRESSES: UpstreamList = {
  call: 'ListBlockedIp',
  path: 'blocked-ip',
  key: ['host_id', 'src_ip', 'login_type'],
  filter: ['src_ip'],
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

/** The list that an operation changes. */
export const CHANGED_LIST: Readonly<Record<ListOperation, UpstreamList>> = {
  remove_alarm_whitelist_entries: ALARM_WHITELIST,
  remove_login_whitelist_entries: LOGIN_WHITELIST,
  restore_isolated_files: ISOLATED_FILES,
  delete_isolated_files: ISOLATED_FILES,
  unblock_addresses: BLOCKED_ADDRESSES,
};

/** Whether two lines are the same one. */
export function isSameItem({ key }: UpstreamList, one: WireItem, other: WireItem): boolean {
  return key.every((field) => one[field] === other[field]);
}

/** Half of a SHA-256: no two lines meet in it by chance. */
const ID_DIGITS = 32;

/** The id of a line of a list: the same at any time, because it is made of the fields that identify the line. */
export function itemIdOf(list: UpstreamList, item: WireItem): string {
  const key = JSON.stringify([list.path, ...list.key.map((field) => item[field] ?? null)]);
  return createHash('sha256').update(key).digest('hex').slice(0, ID_DIGITS);
}

import { createHash } from 'node:crypto';

import type { ProjectConfig } from '../config/config.js';
import {
  isListOperation,
  OPERATIONS,
  type ListOperation,
  type OperationName,
} from '../domain/operation-name.js';
import type { Scope } from '../domain/scope.js';
import { eventPath, operateAlarms } from './event-calls.js';
import { CHANGED_LIST, type UpstreamList, type WireItem } from './lists.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';

/**
 * The calls that change upstream's lists. Of isolated files PUT puts back and DELETE deletes (contract 2.8.2); the three DELETE
 * calls carry a body.
 */
const CALLS: Readonly<Record<ListOperation, Pick<UpstreamCall, 'name' | 'method'>>> = {
  remove_alarm_whitelist_entries: { name: 'RemoveAlarmWhiteList', method: 'DELETE' },
  remove_login_whitelist_entries: { name: 'RemoveLoginWhiteList', method: 'DELETE' },
  restore_isolated_files: { name: 'ChangeIsolatedFile', method: 'PUT' },
  delete_isolated_files: { name: 'DeleteIsolatedFile', method: 'DELETE' },
  unblock_addresses: { name: 'ChangeBlockedIp', method: 'PUT' },
};

/** The call that carries out one chunk of an operation. */
export function callFor(
  operation: OperationName,
  scope: Scope,
  project: ProjectConfig,
  body: string,
): UpstreamCall {
  return isListOperation(operation)
    ? changeList(operation, scope, project, body)
    : operateAlarms(operation, scope, project, body);
}

/** Contract 2.5.2, 2.6.3, 2.8.2, 2.8.3, 2.9.2. */
function changeList(
  operation: ListOperation,
  scope: Scope,
  project: ProjectConfig,
  body: string,
): UpstreamCall {
  return {
    ...CALLS[operation],
    project,
    path: eventPath(scope, CHANGED_LIST[operation].path),
    query: [['enterprise_project_id', scope.enterpriseProjectId]],
    body,
    repeatable: 'never',
    lane: OPERATIONS[operation].isReversal ? 'inverse' : 'normal',
    expectedEffect: { operation, scope, project, body },
  };
}

/** Half of a SHA-256: no two lines meet in it by chance. */
const ID_DIGITS = 32;

/** The id of a line of a list: the same at any time, because it is made of what the line is told by. */
export function itemIdOf(list: UpstreamList, item: WireItem): string {
  const key = JSON.stringify([list.path, ...list.key.map((field) => item[field] ?? null)]);
  return createHash('sha256').update(key).digest('hex').slice(0, ID_DIGITS);
}

import { createHash } from 'node:crypto';

import { OPERATIONS } from '../../domain/operation-type.js';
import type {
  OperationCommand,
  CommandAlarm,
  CommandAlarmDetail,
  CommandWhitelistRule,
} from '../operation-command.js';

/** How many things an order acts on: its alarms and its whitelist rules, or its items. */
export function sizeOf({ alarms, items, whitelistRules = [] }: OperationCommand): number {
  return (items ?? alarms).length + whitelistRules.length;
}

/**
 * What an order reaches, each once, for the brake to count; undefined where it changes no host and hides no alarm.
 *
 * What is destructive reaches hosts. Whitelisting has no hosts to count: an entry hides alarms on whatever host they come from,
 * and what a caller tells of hosts limits nothing. So each entry counts as one, together with the host whose alarm it was made
 * of, and so does each rule, however many hosts it is for.
 */
export function reachedBy(order: OperationCommand): string[] | undefined {
  const { destructive, hidesAlarms } = OPERATIONS[order.operation];
  if (destructive) return [...new Set(hostsIn(order).map((host) => host.toLowerCase()))];
  return hidesAlarms ? [...new Set(hiddenBy(order))] : undefined;
}

function hostsIn({ alarms, items }: OperationCommand): string[] {
  return items
    ? items.flatMap(({ hostId }) => hostId ?? [])
    : alarms.flatMap(({ details = [] }) => details.flatMap(({ agentId }) => agentId ?? []));
}

function hiddenBy({ alarms, whitelistRules = [] }: OperationCommand): string[] {
  return [
    ...alarms.flatMap((alarm) => (alarm.details ?? []).map((detail) => entryOf(alarm, detail))),
    ...whitelistRules.map(ruleOf),
  ];
}

function entryOf({ eventType }: CommandAlarm, detail: CommandAlarmDetail): string {
  const { agentId, privateIp, keyword, hash, loginIp, loginUserName } = detail;
  return named('entry', [
    eventType,
    agentId?.toLowerCase(),
    privateIp,
    keyword,
    hash,
    loginIp,
    loginUserName,
  ]);
}

function ruleOf({ eventType, fieldKey, fieldValue, judgeType }: CommandWhitelistRule): string {
  return named('rule', [eventType, fieldKey, fieldValue, judgeType]);
}

/** Short, and no id of a host. */
function named(kind: string, parts: readonly unknown[]): string {
  return `${kind}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}

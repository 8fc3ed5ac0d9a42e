import { createHash } from 'node:crypto';

import type { Config, ProjectConfig } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import type { AlarmFacts } from '../../domain/grants.js';
import { OPERATIONS, type OperationName } from '../../domain/operation-type.js';
import type { Scope } from '../../domain/scope.js';
import { authorise, type RequestedScope } from '../../access/authorise.js';
import type {
  CommandAlarm,
  CommandAlarmDetail,
  CommandWhitelistRule,
  OperationCommand,
} from '../operation-command.js';

/**
 * Where an operation will act, if its caller may act there, but for the project's id.
 *
 * @throws Problem 400 when no project is meant, 403 naming what is denied or not granted
 */
export function authoriseOperation(
  operation: OperationName,
  requested: RequestedScope = {},
  caller: Caller,
  projects: Config['projects'],
  alarms: readonly AlarmFacts[] = [],
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  return authorise({ right: 'act', operation, alarms }, requested, caller, projects);
}

/** What grants may be limited by, of all that a command touches: a whitelist rule affects its event type's alarms to come. */
export function touchedBy({
  alarms,
  items = [],
  whitelistRules = [],
  byId,
  plan,
  undoes,
}: Pick<OperationCommand, 'alarms' | 'items' | 'whitelistRules' | 'byId' | 'plan' | 'undoes'>): AlarmFacts[] {
  // A plan's alarms were listed, and what is undone was allowed when it was done.
  const described = !byId && plan === undefined && !undoes && { described: true as const };
  const severe = alarms.map(({ eventType, severity }) => ({
    eventType,
    ...(severity && { severity }),
    ...described,
  }));
  const others = [...items, ...whitelistRules].map(({ eventType }) =>
    eventType === undefined ? {} : { eventType },
  );
  return [...severe, ...others];
}

/** What a command acts on, as far as limits count it. */
type Sized = Pick<OperationCommand, 'alarms' | 'items' | 'whitelistRules'>;

/** How many things a command acts on: its alarms and its whitelist rules, or its items. */
export function sizeOf({ alarms, items, whitelistRules = [] }: Sized): number {
  return (items ?? alarms).length + whitelistRules.length;
}

/**
 * What the brake counts of a command, each once; undefined where it changes no host and hides no alarm.
 *
 * Destructive operations count by host. Whitelisting has no hosts to count: an entry hides alarms on any host they come from, and
 * what a caller says of hosts limits nothing. So each entry counts as one, together with the host whose alarm it was made of, and
 * so does each rule, however many hosts it is for.
 */
export function impactOf(command: Sized & Pick<OperationCommand, 'operation'>): string[] | undefined {
  const { destructive, hidesAlarms } = OPERATIONS[command.operation];
  if (destructive) return [...new Set(hostsIn(command).map((host) => host.toLowerCase()))];
  return hidesAlarms ? [...new Set(hiddenBy(command))] : undefined;
}

function hostsIn({ alarms, items }: Sized): string[] {
  return items
    ? items.flatMap(({ hostId }) => hostId ?? [])
    : alarms.flatMap(({ details = [] }) => details.flatMap(({ agentId }) => agentId ?? []));
}

function hiddenBy({ alarms, whitelistRules = [] }: Sized): string[] {
  return [
    ...alarms.flatMap((alarm) => (alarm.details ?? []).map((detail) => entryOf(alarm, detail))),
    ...whitelistRules.map(ruleOf),
  ];
}

function entryOf({ eventType }: CommandAlarm, detail: CommandAlarmDetail): string {
  const { agentId, privateIp, keyword, hash, loginIp, loginUserName } = detail;
  const parts = [eventType, agentId?.toLowerCase(), privateIp, keyword, hash, loginIp, loginUserName];
  return digestOf('entry', parts);
}

function ruleOf({ eventType, fieldKey, fieldValue, judgeType }: CommandWhitelistRule): string {
  return digestOf('rule', [eventType, fieldKey, fieldValue, judgeType]);
}

/** Short, and no id of a host. */
function digestOf(kind: string, parts: readonly unknown[]): string {
  return `${kind}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}

import { createHash } from 'node:crypto';

import type { Claim, ImpactBudget, IntentRecord } from '../../audit/index.js';
import type { CallContext } from '../../domain/caller.js';
import type {
  AuthorizedCommand,
  CommandAlarm,
  CommandAlarmDetail,
  CommandWhitelistRule,
  OperationCommand,
} from '../operation-command.js';
import type { AlarmFacts } from '../../access/grants.js';
import { OPERATIONS } from '../../domain/operation-type.js';

type Writing = { -readonly [Member in keyof IntentRecord]: IntentRecord[Member] };

/** What is checked in the transaction that writes an intent. */
export interface AdmissionConditions {
  readonly claims: readonly Claim[];
  readonly reach: ImpactBudget | undefined;
}

/**
 * The record of what is about to be done. Its members stand in the order in which they are written, and are added one by one: there
 * is one for every act, and a spread that does not stand first costs as much as all else.
 */
export function intentOf(
  { command, scope }: AuthorizedCommand,
  { caller, credential, onBehalfOf, requestId }: CallContext,
  { operationId, at }: Pick<IntentRecord, 'operationId' | 'at'>,
  { claims, reach }: AdmissionConditions,
): IntentRecord {
  const { operation, remark, alarms, items, idempotencyKey, undoes, background } = command;
  const { expiresAt, expired, plan, lookedUp, whitelistRules: { length: rules } = [] } = command;
  const record = { kind: 'intent', operationId, at, requestId, caller: caller.id } as Writing;
  if (credential) record.credential = { kind: credential.kind, id: credential.id };
  if (onBehalfOf !== undefined) record.onBehalfOf = onBehalfOf;
  record.operation = operation;
  if (remark !== undefined) record.remark = remark;
  record.scope = scope;
  record.alarms = alarms.map(({ eventId }) => eventId);
  if (alarms.some(({ severity }) => severity))
    record.severities = alarms.map(({ severity = null }) => severity);
  if (alarms.some(({ seen }) => seen)) record.seen = alarms.map(({ seen = null }) => seen);
  if (lookedUp) {
    // Without when it was read: that means something in this process only.
    const { digests, possiblyAlready } = lookedUp;
    record.lookedUp = { digests, ...(possiblyAlready && { possiblyAlready }) };
  }
  if (items) record.items = items.map(({ id, target }) => ({ id, target }));
  if (idempotencyKey !== undefined) record.idempotencyKey = idempotencyKey;
  if (rules > 0) record.rules = rules;
  if (undoes) {
    record.undoes = undoes.operationId;
    if (undoes.leaves.length > 0) record.leaves = undoes.leaves;
    if (undoes.assumes.length > 0) record.assumes = undoes.assumes;
  }
  if (background) record.background = background;
  if (expiresAt !== undefined) record.expiresAt = new Date(expiresAt).toISOString();
  if (expired) record.expired = expired;
  if (plan !== undefined) record.plan = plan;
  // Without what depends on limits, which are the configuration's.
  record.claims = claims.map(({ key, fingerprint, once }) => ({ key, fingerprint, ...(once && { once }) }));
  if (reach) record.reach = { alarms: reach.alarms, hosts: reach.hosts };
  return record;
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
  const described = !byId && plan === undefined && !undoes;
  const severe = alarms.map(({ eventType, severity }): AlarmFacts => {
    if (severity) return described ? { eventType, severity, described } : { eventType, severity };
    return described ? { eventType, described } : { eventType };
  });
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

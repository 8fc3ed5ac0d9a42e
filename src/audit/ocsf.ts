import { readFileSync } from 'node:fs';

import { isAddress } from '../domain/address-range.js';
import type { ChunkOutcome } from '../domain/outcome.js';
import { countsOf } from './alarm-outcomes.js';
import type { AuditRecord, IntentRecord } from './audit-record.js';
import {
  actorOf,
  API_ACTIVITIES,
  classified,
  CLASSES,
  hostMembers,
  namedTargets,
  type Members,
} from './ocsf.classes.js';
import { remediationOf } from './ocsf.remediation.js';
import { recordHead, requestsIn } from './record-text.js';
import type { PlacedBody } from './record.source.js';

/** Of the Open Cybersecurity Schema Framework (https://schema.ocsf.io). */
const OCSF_VERSION = '1.6.0';
const GATEWAY = 'hss-gateway';
const PRODUCT = { name: GATEWAY, version: packageVersion() };

/** Undefined where the program is not in its package. */
function packageVersion(): string | undefined {
  try {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** What was recorded of one operation when it was admitted. */
interface Intended {
  readonly intent: IntentRecord;
  readonly requests: readonly string[];
}

/**
 * A record as one event of OCSF, as JSON: Remediation Activity where it is the result of what was done to processes or files, API
 * Activity otherwise.
 *
 * @param intentBody of the intent of the record's operation; absent where there is none, or it is no longer in the trail
 */
export function ocsfLine(
  { position, body, hash }: Pick<PlacedBody, 'position' | 'body' | 'hash'>,
  intentBody?: string,
): string {
  const record = recordHead(body) as AuditRecord;
  const ownBody = record.kind === 'intent' ? body : intentBody;
  const intended: Intended | undefined =
    ownBody === undefined
      ? undefined
      : { intent: recordHead(ownBody) as IntentRecord, requests: requestsIn(ownBody) };
  const { intent } = intended ?? {};
  const result = record.kind === 'outcome' || record.kind === 'settlement';
  const remediation = result && intended ? remediationOf(intended.intent, intended.requests) : undefined;
  const event: Members = {
    ...(remediation ?? apiActivity(record, intent)),
    time: Date.parse(record.at),
    ...severityOf(record),
    ...statusOf(record, remediation !== undefined),
    message: messageOf(record, intent),
    metadata: {
      version: OCSF_VERSION,
      product: PRODUCT,
      uid: String(position),
      sequence: position,
      event_code: record.kind,
      log_name: 'audit',
      ...('operationId' in record && { correlation_uid: record.operationId }),
      ...(intent && { profiles: remediation ? ['cloud', 'host'] : ['cloud'] }),
    },
    ...(intent && {
      cloud: {
        provider: 'Huawei Cloud',
        project_uid: intent.scope.projectId,
        region: intent.scope.region,
      },
    }),
    unmapped: { hash: Buffer.from(hash).toString('hex'), ...restOf(record) },
  };
  return JSON.stringify(event);
}

type Activity = keyof typeof API_ACTIVITIES;
const BY_METHOD: Readonly<Record<string, Activity>> = {
  GET: 'Read',
  HEAD: 'Read',
  POST: 'Create',
  DELETE: 'Delete',
};

function apiActivity(record: AuditRecord, intent: IntentRecord | undefined): Members {
  const isRefusal = record.kind === 'refusal';
  const activity: Activity = isRefusal ? (BY_METHOD[record.method] ?? 'Update') : 'Update';
  const { caller, onBehalfOf, requestId } = askedBy(record, intent);
  const address = isRefusal && isAddress(record.address) ? record.address : undefined;
  return {
    ...classified(CLASSES.api, API_ACTIVITIES[activity], activity),
    actor: actorOf(caller, onBehalfOf),
    api: {
      operation: isRefusal ? `${record.method} ${record.route}` : (intent?.operation ?? record.kind),
      service: { name: GATEWAY },
      ...(requestId !== undefined && { request: { uid: requestId } }),
      ...(isRefusal && { response: { code: record.status, error: record.code, message: record.detail } }),
    },
    src_endpoint: address === undefined ? { svc_name: caller ?? GATEWAY } : { ip: address },
    ...((record.kind === 'intent' || record.kind === 'outcome') &&
      intent && {
        resources: namedTargets(intent).map(({ id, type, seen }) => ({
          uid: id,
          type,
          ...{ role_id: 3, role: 'Affected' },
          ...(seen.name !== undefined && { name: seen.name }),
          ...hostMembers(seen),
        })),
      }),
    ...(record.kind === 'refusal_summary' && {
      count: Object.values(record.counts).reduce((sum, count) => sum + count, 0),
      start_time: Date.parse(record.from),
      end_time: Date.parse(record.to),
    }),
  };
}

/** Who asked for what a record is about: a later record of an operation is about the one who asked for the operation. */
function askedBy(record: AuditRecord, intent: IntentRecord | undefined) {
  if (record.kind === 'brake') return { ...record, caller: record.by ?? GATEWAY };
  const { caller, onBehalfOf, requestId } = { ...intent, ...record } as Partial<IntentRecord>;
  const isOfNobody = record.kind === 'refusal' || record.kind === 'refusal_summary';
  return { caller: caller ?? (isOfNobody ? undefined : GATEWAY), onBehalfOf, requestId };
}

function severityOf(record: AuditRecord): Members {
  const needsSomebody =
    (record.kind === 'brake' && record.engaged) ||
    record.kind === 'verification' ||
    (record.kind === 'settlement' && !record.settled);
  return needsSomebody
    ? { severity_id: 3, severity: 'Medium' }
    : { severity_id: 1, severity: 'Informational' };
}

const [UNKNOWN, SUCCESS, FAILURE] = [
  { status_id: 0, status: 'Unknown' },
  { status_id: 1, status: 'Success' },
  { status_id: 2, status: 'Failure' },
];
const STATUSES: Readonly<Record<string, Members>> = {
  applied: SUCCESS,
  already: SUCCESS,
  rejected: FAILURE,
  not_attempted: FAILURE,
  unknown: UNKNOWN,
};
/** One that only Remediation Activity has. */
const PARTIAL = { status_id: 4, status: 'Partial' };

function statusOf(record: AuditRecord, isRemediation: boolean): Members {
  switch (record.kind) {
    case 'outcome':
      return { ...statusNamed(record.status, isRemediation), ...faultIn(record.chunks) };
    case 'settlement':
      return statusNamed(record.status, isRemediation);
    case 'chunk':
      return { ...statusNamed(record.chunk.outcome, false), ...faultIn([record.chunk]) };
    case 'refusal':
      return { ...FAILURE, status_code: record.code, status_detail: record.detail };
    case 'refusal_summary':
      return FAILURE;
    case 'intent':
      return statusNamed('pending', false);
    case 'verification':
      return FAILURE;
    case 'brake':
    case 'cancellation':
    case 'pause':
    case 'key':
    case 'acknowledgement':
    case 'archive':
    case 'hold':
      return SUCCESS;
  }
}

function statusNamed(status: string, isRemediation: boolean): Members {
  if (isRemediation && status === 'partially_applied') return PARTIAL;
  return STATUSES[status] ?? { status_id: 99, status };
}

function faultIn(chunks: readonly ChunkOutcome[]): Members {
  const fault = chunks.find((chunk) => chunk.fault)?.fault;
  return fault ? { status_code: fault.code, status_detail: fault.detail } : {};
}

function messageOf(record: AuditRecord, intent: IntentRecord | undefined): string {
  const what = intent ? `${record.kind} of ${intent.operation}` : record.kind;
  return 'status' in record ? `${what}: ${record.status}` : what;
}

/** What has no place in an event, as far as it is short. */
function restOf(record: AuditRecord): Members {
  switch (record.kind) {
    case 'intent': {
      const { remark, undoes, plan, expiresAt, idempotencyKey, scope } = record;
      const { project, enterpriseProjectId } = scope;
      return { project, enterpriseProjectId, remark, undoes, plan, expiresAt, idempotencyKey };
    }
    case 'outcome':
      return { outcomes: countsOf(record.chunks.map(({ outcome, alarms }) => ({ outcome, times: alarms }))) };
    case 'settlement':
      return { outcomes: countsOf(record.alarms), settled: record.settled };
    case 'refusal_summary':
      return { counts: record.counts, addresses: record.addresses };
    case 'brake':
      return { caller: record.caller, engaged: record.engaged };
    case 'hold':
      return { hold: record.hold, held: record.held, reason: record.reason };
    case 'verification':
    case 'acknowledgement':
      return { faults: record.faults };
    case 'archive': {
      const { first, last, file, sha256 } = record;
      return { first, last, file, sha256 };
    }
    case 'key':
      return { key: record.key, previous: record.previous };
    case 'cancellation':
    case 'chunk':
    case 'pause':
    case 'refusal':
      return {};
  }
}

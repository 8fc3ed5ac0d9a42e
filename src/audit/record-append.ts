import { targetsOf } from './alarm-outcomes.js';
import type { AuditAppend } from './audit.engine.js';
import type {
  AuditRecord,
  ClaimRecord,
  IntentRecord,
  OperationTrail,
  OutcomeRecord,
  RecordOfOperation,
  SettlementRecord,
} from './audit-record.js';
import { askedOf, cancelledOf, fateOf, isOpen } from './operation-state.js';

/**
 * A record, with what the store keeps beside it: the one place that derives rows of the tables beside the trail, when a record is
 * written and when they are compared with the trail or made again.
 *
 * @param operation of a record of an operation: that one, with the record
 * @param body the record as it is stored
 */
export function appendOf(
  record: AuditRecord,
  operation?: OperationTrail,
  body = JSON.stringify(record),
): AuditAppend {
  const operationId = 'operationId' in record ? record.operationId : null;
  const entry = { kind: record.kind, at: Date.parse(record.at), operationId, body };
  if (operation && 'operationId' in record) return { ...entry, ...besides(record, operation) };
  if (record.kind !== 'brake') return entry;
  const { caller, engaged } = record;
  return { ...entry, brake: { caller, engaged } };
}

function besides(record: RecordOfOperation, operation: OperationTrail): Partial<AuditAppend> {
  switch (record.kind) {
    case 'intent':
      return { operation: newOperation(record) };
    case 'chunk':
      return fateIn(operation);
    case 'outcome':
      return { ...statusIn(operation, record), ...releasesIn(operation.intent, record) };
    case 'settlement':
      return statusIn(operation, record);
    case 'cancellation':
      // Not by its owner alone: the caller may ask any gateway.
      return { cancelled: JSON.stringify(cancelledOf(record)) };
    case 'pause':
      return { byOwner: true };
    default:
      // A later version wrote it.
      return {};
  }
}

function newOperation(intent: IntentRecord): NonNullable<AuditAppend['operation']> {
  const { caller, operation: type, scope, undoes, expiresAt } = intent;
  return {
    ...{ caller, type, project: scope.project, enterpriseProjectId: scope.enterpriseProjectId },
    asked: JSON.stringify(askedOf(intent)),
    eventIds: targetsOf(intent),
    ...(undoes !== undefined && { undoes }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
  };
}

function fateIn(operation: OperationTrail): Pick<AuditAppend, 'fate' | 'byOwner'> {
  return { fate: JSON.stringify(fateOf(operation)), byOwner: true };
}

function statusIn(
  operation: OperationTrail,
  { status }: OutcomeRecord | SettlementRecord,
): Partial<AuditAppend> {
  return { status, open: isOpen(operation), ...fateIn(operation) };
}

function releasesIn(
  { caller, claims, idempotencyKey }: IntentRecord,
  outcome: OutcomeRecord,
): Partial<AuditAppend> {
  const made = claims ?? claimsBefore(idempotencyKey);
  const keys = made.filter(({ once }) => !once).map(({ key }) => key);
  return mayBeRepeated(outcome) && keys.length > 0 ? { releases: { caller, keys } } : {};
}

/** Of an intent that does not say what it claims, as far as it can be known. */
function claimsBefore(idempotencyKey: string | undefined): Pick<ClaimRecord, 'key' | 'once'>[] {
  return idempotencyKey === undefined ? [] : [{ key: `key:${idempotencyKey}` }];
}

/** Whether nothing was done and the same request may fare better later: its key or signature must not keep it from being done. */
function mayBeRepeated({ chunks }: OutcomeRecord): boolean {
  const undone = chunks.every(({ outcome }) => outcome === 'rejected' || outcome === 'not_attempted');
  return undone && chunks.every(({ fault }) => fault?.retryable === true);
}

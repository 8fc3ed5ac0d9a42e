import type { Fault } from '../domain/outcome.js';
import type { AuditAppend } from './audit.engine.js';
import type { OutcomeRecord } from './audit-record.js';
import type { TargetFate } from './operation-summary.js';

const WITHDRAWN: Fault = {
  code: 'audit_unavailable',
  status: 503,
  detail: 'The audit trail could not be written in time, so nothing was sent. Nothing was done.',
  retryable: true,
};

/**
 * What is still to be written of an entry that could not be: an outcome, so that its operation does not stay `pending`; and of
 * an intent that may have been written all the same, that nothing came of it. Undefined: nothing.
 */
export function deferredAppend(entry: AuditAppend, inDoubt: boolean): AuditAppend | undefined {
  if (entry.kind === 'outcome') return { ...entry, late: true };
  if (!inDoubt || !entry.operation || entry.operationId === null) return undefined;
  const { length: alarms } = entry.operation.eventIds;
  const record: OutcomeRecord = {
    kind: 'outcome',
    operationId: entry.operationId,
    at: new Date(entry.at).toISOString(),
    status: 'not_attempted',
    chunks: [{ alarms, outcome: 'not_attempted', fault: WITHDRAWN }],
  };
  const { kind, operationId, status, at: completedAt } = record;
  const fate: TargetFate = { outcomes: { not_attempted: alarms }, completedAt, rules: 'not_attempted' };
  const [body, told] = [JSON.stringify(record), JSON.stringify(fate)];
  return {
    kind,
    at: entry.at,
    operationId,
    body,
    status,
    fate: told,
    open: false,
    byOwner: true,
    late: true,
  };
}

import { describe, expect, it } from '@jest/globals';

import type { ChunkOutcome } from '../domain/outcome.js';
import type { IntentRecord, OperationTrail, OutcomeRecord } from './audit-record.js';
import { appendOf } from './record-append.js';

const of = { operationId: 'op-1', at: '2026-08-16T09:05:22.701Z' };
const fingerprint = 'f';
const intentWith = (more: Partial<IntentRecord>): IntentRecord => ({
  ...{ kind: 'intent', ...of, requestId: 'r', caller: 'portal', operation: 'ignore', alarms: ['a', 'b'] },
  scope: { project: 'p', projectId: 'id', region: 'r', enterpriseProjectId: '0' },
  ...more,
});
const claiming = intentWith({
  claims: [
    { key: 'signature:s', fingerprint },
    { key: 'key:k', fingerprint },
    { key: 'plan:p', fingerprint, once: true },
  ],
});

/** What an outcome gives up of what its operation claimed. */
function released(intent: IntentRecord, chunks: readonly ChunkOutcome[]): unknown {
  const record: OutcomeRecord = { kind: 'outcome', ...of, status: 'rejected', chunks };
  const operation: OperationTrail = { intent, chunks, outcome: record };
  return appendOf(record, operation).releases;
}

const chunk = (outcome: ChunkOutcome['outcome'], retryable?: boolean): ChunkOutcome => ({
  ...{ alarms: 1, outcome },
  ...(retryable !== undefined && { fault: { code: 'c', status: 503, detail: 'd', retryable } }),
});

describe('an outcome', () => {
  it.each([
    ['nothing was sent, and may be later', [chunk('not_attempted', true), chunk('not_attempted', true)]],
    ['upstream refused it for now', [chunk('rejected', true), chunk('not_attempted', true)]],
  ])('releases what a repeated request is recognised by: %s', (_, chunks) => {
    expect(released(claiming, chunks)).toEqual({ caller: 'portal', keys: ['signature:s', 'key:k'] });
  });

  it.each([
    ['something was done', [chunk('applied'), chunk('not_attempted', true)]],
    ['something may have been done', [chunk('unknown', true), chunk('not_attempted', true)]],
    ['it would fare no better', [chunk('rejected', false), chunk('not_attempted', true)]],
    ['nobody says whether it would', [chunk('rejected')]],
  ])('releases nothing: %s', (_, chunks) => {
    expect(released(claiming, chunks)).toBeUndefined();
  });

  it('releases the key of an intent that does not say what it claims', () => {
    const chunks = [chunk('not_attempted', true)];
    const keys = ['key:k'];
    expect(released(intentWith({ idempotencyKey: 'k' }), chunks)).toEqual({ caller: 'portal', keys });
    expect(released(intentWith({}), chunks)).toBeUndefined();
    expect(released(intentWith({ idempotencyKey: 'k', claims: [] }), chunks)).toBeUndefined();
  });
});

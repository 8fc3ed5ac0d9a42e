import { describe, expect, it } from '@jest/globals';

import { type IntentRecord, type OperationTrail, statusOf } from '../../audit/index.js';
import type { AlarmOutcome, Fault } from '../../domain/outcome.js';
import type { UndoChain } from '../undo/undo.service.js';
import { decide } from './expiration-decision.js';

const AT = '2026-08-16T09:05:22.701Z';
const FINAL: Fault = { code: 'agent_offline', status: 409, detail: '', retryable: false };

const intentOf = (more: Partial<IntentRecord> = {}): IntentRecord => ({
  kind: 'intent',
  operationId: 'o',
  at: AT,
  requestId: 'r',
  caller: 'portal',
  operation: 'ignore',
  scope: { project: 'p', region: 'r', projectId: 'i', enterpriseProjectId: '0' },
  alarms: ['a'],
  ...more,
});

/** An operation on one alarm; without an outcome it is under way. */
function operation(outcome?: AlarmOutcome, more: Partial<IntentRecord> = {}, fault?: Fault): OperationTrail {
  if (outcome === undefined) return { intent: intentOf(more), chunks: [] };
  const chunks = [{ alarms: 1, outcome, ...(fault && { fault }) }];
  const status = statusOf(chunks);
  return {
    intent: intentOf(more),
    chunks,
    outcome: { kind: 'outcome', operationId: 'o', at: AT, status, chunks },
  };
}

const givenUp = (trail: OperationTrail): OperationTrail => ({
  ...trail,
  settlements: [
    { kind: 'settlement', operationId: 'o', at: AT, status: 'unknown', alarms: [], settled: false },
  ],
});

/** Another operation did the same, so it cannot be known whether this one did. */
const neverToBeToldApart = (trail: OperationTrail): OperationTrail => ({
  ...trail,
  settlements: [
    {
      kind: 'settlement',
      operationId: 'o',
      at: AT,
      status: 'unknown',
      alarms: [{ eventId: 'a', outcome: 'unknown', reason: 'indistinguishable' }],
      settled: true,
    },
  ],
});

const undone = (trail: OperationTrail, ...by: OperationTrail[]): UndoChain => ({
  trail,
  undoings: by.map((each) => ({ trail: each, undoings: [] })),
});

const OURS = { expired: true } as const;

describe('an operation whose time has come', () => {
  it.each<[string, UndoChain, object]>([
    ['is under way', undone(operation()), { then: 'wait' }],
    ['was done', undone(operation('applied')), { then: 'take_back' }],
    ['is still looked up', undone(operation('unknown')), { then: 'wait' }],
    ['was so before', undone(operation('already')), { then: 'end', end: 'nothing_to_take_back' }],
    ['was refused', undone(operation('rejected')), { then: 'end', end: 'nothing_to_take_back' }],
    ['was given up', undone(givenUp(operation('unknown'))), { then: 'end', end: 'failed' }],
    [
      'can never be distinguished',
      undone(neverToBeToldApart(operation('unknown'))),
      { then: 'end', end: 'failed' },
    ],
    ['is being undone', undone(operation('applied'), operation(undefined, OURS)), { then: 'wait' }],
    [
      'was undone by us',
      undone(operation('applied'), operation('applied', OURS)),
      { then: 'end', end: 'taken_back' },
    ],
    [
      'was undone by somebody',
      undone(operation('applied'), operation('applied')),
      { then: 'end', end: 'cancelled' },
    ],
    [
      'could not be undone for now',
      undone(operation('applied'), operation('rejected', OURS)),
      { then: 'take_back' },
    ],
    [
      'cannot be undone for good',
      undone(operation('applied'), operation('rejected', OURS, FINAL)),
      { then: 'end', end: 'failed' },
    ],
    ['may be undone by now', undone(operation('applied'), operation('unknown', OURS)), { then: 'wait' }],
    [
      'may have been undone, and that stays unknown',
      undone(operation('applied'), givenUp(operation('unknown', OURS))),
      { then: 'end', end: 'failed' },
    ],
  ])('that %s', (_, undoing, decision) => {
    expect(decide(undoing, false)).toEqual(decision);
  });

  it('that was tried often enough is reported to an operator', () => {
    expect(decide(undone(operation('applied')), true)).toEqual({ then: 'end', end: 'failed' });
  });
});

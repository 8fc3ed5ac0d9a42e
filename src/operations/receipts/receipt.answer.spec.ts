import type { FastifyReply } from 'fastify';
import { describe, expect, it } from '@jest/globals';

import type { AlarmOutcome, Fault } from '../../domain/outcome.js';
import { Problem, problemBody } from '../../problems/problem.js';
import { answerReceipt } from './receipt.js';
import type { ReceiptDto } from './receipt.dto.js';

const FAULT: Fault = {
  code: 'upstream_throttled',
  status: 503,
  detail: 'Too many.',
  retryable: true,
  retryAfter: 7,
  upstream: { code: 'APIGW.0308', requestId: 'r-1' },
};

function receipt(outcomes: readonly AlarmOutcome[], more: Partial<ReceiptDto> = {}): ReceiptDto {
  return {
    id: 'op-1',
    operation: 'ignore',
    status: 'rejected',
    scope: { project: 'prod', region: 'cn-north-4', projectId: 'p', enterpriseProjectId: '0' },
    alarms: outcomes.map((outcome, index) => ({ eventId: `e-${index}`, outcome, verified: false })),
    requestedBy: 'portal',
    requestedAt: '2026-08-16T09:05:22.701Z',
    exchanges: [],
    ...more,
  };
}

/** A reply that only remembers its status. */
function reply() {
  const kept = { status: 0, request: {} as { operationId?: string } };
  const double = {
    request: kept.request,
    status: (code: number) => {
      kept.status = code;
      return double;
    },
  };
  return { kept, double: double as unknown as FastifyReply };
}

function problemOf(
  outcomes: readonly AlarmOutcome[],
  more: Partial<ReceiptDto> = {},
  fault = FAULT,
): Problem {
  try {
    answerReceipt(reply().double, receipt(outcomes, more), fault);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was no problem');
}

describe('the answer to an operation', () => {
  it.each<[readonly AlarmOutcome[], number]>([
    [['applied'], 200],
    [['already'], 200],
    [['applied', 'already'], 200],
    [['applied', 'rejected'], 207],
    [['applied', 'unknown'], 207],
    [['unknown', 'not_attempted'], 207],
    [['rejected', 'unknown'], 207],
  ])('with alarms that are %j is the receipt with %d', (outcomes, status) => {
    const { kept, double } = reply();
    const whole = receipt(outcomes);
    const sent = answerReceipt(double, whole, status === 207 ? FAULT : undefined);
    expect([sent, kept.status, kept.request.operationId]).toEqual([whole, status, 'op-1']);
  });

  it.each<AlarmOutcome>(['rejected', 'not_attempted', 'unknown'])(
    'with alarms that are all %s is the problem that says why, and under which operation',
    (outcome) => {
      const problem = problemOf([outcome, outcome], { status: outcome as ReceiptDto['status'] });
      expect(problemBody(problem, 'request-1')).toMatchObject({
        status: 503,
        code: 'upstream_throttled',
        detail: 'Too many.',
        operationId: 'op-1',
        outcome,
        retryable: true,
        retryAfter: 7,
        upstream: { code: 'APIGW.0308', upstreamRequestId: 'r-1' },
        requestId: 'request-1',
      });
    },
  );

  it('says where the trail could not take what happened, and nothing of it otherwise', () => {
    expect(problemOf(['unknown'], { recorded: false }).extras).toMatchObject({ recorded: false });
    expect(problemOf(['unknown']).extras).not.toHaveProperty('recorded');
  });
});

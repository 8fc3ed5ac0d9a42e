import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type IntentRecord, type OperationTrail, type OutcomeRecord, statusOf } from '../../audit/index.js';
import { ALARM_OUTCOMES, type ChunkOutcome, type Fault } from '../../domain/outcome.js';
import { receiptOf } from './receipt.js';

const FAULT: Fault = {
  code: 'agent_offline',
  status: 409,
  detail: 'The agent is offline.',
  retryable: true,
  upstream: { code: 'HSS.1007', requestId: 'r-2' },
};
const exchange = { attempts: 1, bytesSent: true, durationMs: 31, status: 200, requestId: 'r-1' };

const intent: IntentRecord = {
  kind: 'intent',
  operationId: '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d',
  at: '2026-08-16T09:05:22.701Z',
  requestId: 'request-1',
  caller: 'portal',
  operation: 'isolate_and_kill',
  remark: 'SEC-1',
  scope: {
    project: 'prod',
    region: 'cn-north-4',
    projectId: 'p',
    enterpriseProjectId: '0',
    containerId: 'c',
  },
  alarms: ['e-0', 'e-1', 'e-2'],
};

const outcomeOf = (chunks: readonly ChunkOutcome[], more: Partial<OutcomeRecord> = {}): OutcomeRecord => ({
  kind: 'outcome',
  operationId: intent.operationId,
  at: '2026-08-16T09:05:22.734Z',
  status: statusOf(chunks),
  chunks,
  ...more,
});

const trailOf = (chunks: readonly ChunkOutcome[], more: Partial<OutcomeRecord> = {}): OperationTrail => ({
  intent,
  chunks,
  outcome: outcomeOf(chunks, more),
});

describe('a receipt', () => {
  it('shows the whole story of an operation that went well', () => {
    expect(receiptOf(trailOf([{ alarms: 3, outcome: 'applied', already: [], exchange }]))).toEqual({
      id: intent.operationId,
      operation: 'isolate_and_kill',
      status: 'applied',
      scope: intent.scope,
      alarms: ['e-0', 'e-1', 'e-2'].map((eventId) => ({ eventId, outcome: 'applied', verified: false })),
      requestedBy: 'portal',
      requestedAt: '2026-08-16T09:05:22.701Z',
      completedAt: '2026-08-16T09:05:22.734Z',
      remark: 'SEC-1',
      exchanges: [
        {
          alarmCount: 3,
          attempts: 1,
          bytesSent: true,
          durationMs: 31,
          httpStatus: 200,
          upstreamRequestId: 'r-1',
        },
      ],
    });
  });

  it('shows of each alarm the outcome of its part, and why', () => {
    const chunks: ChunkOutcome[] = [
      { alarms: 1, outcome: 'applied', exchange },
      { alarms: 2, outcome: 'rejected', exchange: { ...exchange, status: 400 }, fault: FAULT },
    ];
    expect(receiptOf(trailOf(chunks))).toMatchObject({
      status: 'partially_applied',
      alarms: [
        { eventId: 'e-0', outcome: 'applied' },
        { eventId: 'e-1', outcome: 'rejected', reason: 'agent_offline' },
        { eventId: 'e-2', outcome: 'rejected', reason: 'agent_offline' },
      ],
      exchanges: [
        { alarmCount: 1, httpStatus: 200 },
        {
          alarmCount: 2,
          httpStatus: 400,
          problem: { code: 'agent_offline', detail: FAULT.detail, retryable: true, upstreamCode: 'HSS.1007' },
        },
      ],
    });
  });

  it('of an operation under way claims nothing of the alarms whose outcome is not known yet', () => {
    const receipt = receiptOf({ intent, chunks: [{ alarms: 1, outcome: 'applied', exchange }] });
    expect(receipt).toMatchObject({
      status: 'pending',
      alarms: [{ outcome: 'applied' }, { outcome: 'pending' }, { outcome: 'pending' }],
    });
    expect(receipt).not.toHaveProperty('completedAt');
  });

  it('says that the gateway was interrupted', () => {
    const chunks: ChunkOutcome[] = [{ alarms: 3, outcome: 'unknown', fault: FAULT }];
    expect(receiptOf(trailOf(chunks, { interrupted: true }))).toMatchObject({
      status: 'unknown',
      interrupted: true,
    });
    expect(receiptOf(trailOf(chunks))).not.toHaveProperty('interrupted');
  });

  it('leaves out what there was not', () => {
    const { remark: _remark, ...bare } = intent;
    const chunks: ChunkOutcome[] = [
      { alarms: 3, outcome: 'not_attempted', fault: { ...FAULT, upstream: {} } },
    ];
    const receipt = receiptOf({ intent: bare, chunks, outcome: outcomeOf(chunks) });
    expect(receipt).not.toHaveProperty('remark');
    expect(receipt.exchanges).toEqual([
      { alarmCount: 3, problem: { code: 'agent_offline', detail: FAULT.detail, retryable: true } },
    ]);
  });

  it('has every alarm once, in order, however the request was divided', () => {
    const chunk = fc.record({
      alarms: fc.integer({ min: 1, max: 4 }),
      outcome: fc.constantFrom(...ALARM_OUTCOMES),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), fc.nat(5), (chunks, underWay) => {
        const known = chunks.flatMap(({ alarms, outcome }) => Array.from({ length: alarms }, () => outcome));
        const alarms = Array.from({ length: known.length + underWay }, (_, index) => `e-${index}`);
        const receipt = receiptOf({ intent: { ...intent, alarms }, chunks });
        expect(receipt.alarms.map(({ eventId }) => eventId)).toEqual(alarms);
        const expected = [...known, ...Array.from({ length: underWay }, () => 'pending')];
        expect(receipt.alarms.map(({ outcome }) => outcome)).toEqual(expected);
      }),
    );
  });
});

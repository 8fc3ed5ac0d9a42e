import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  type IntentRecord,
  type OperationTrail,
  type OutcomeRecord,
  AuditUnavailable,
  type AuditTrail,
  transition,
  type SentMarks,
} from '../../audit/index.js';
import type { ChunkRecord } from '../../audit/audit-record.js';
import { CHUNK_SIZE, type ChunkOutcome } from '../../domain/outcome.js';
import { callBody } from '../../hss/index.js';
import { StoppedClock } from '../../http/identity/identity.fixture.js';
import { Metrics } from '../../metrics/metrics.js';
import type { SettlementService } from '../settlement/settlement.service.js';
import type { ChunkSender } from './chunk-sender.js';
import type { SendChunk } from './chunk.js';
import { Executor, type Work } from './executor.js';
import { RunningOperations } from './running-operations.js';

const fault = { code: 'x', status: 409, detail: 'X.', retryable: true };

/** Carries out an operation of so many alarms; `send` says what comes of each chunk. */
async function carriedOut(alarms: number, send: SendChunk, isWritable = true) {
  const records: (ChunkRecord | OutcomeRecord)[] = [];
  const watched: string[] = [];
  const write = (record: ChunkRecord | OutcomeRecord, before: OperationTrail) => {
    const after = transition(before, record);
    if (!isWritable) return Promise.reject(new AuditUnavailable('disk full'));
    records.push(record);
    return Promise.resolve(after);
  };
  const trail = {
    recordChunk: write,
    recordOutcome: write,
  } as unknown as AuditTrail;
  const settlement = { watch: ({ operationId }: IntentRecord) => watched.push(operationId) };
  const running = new RunningOperations();
  const executor = new Executor(
    trail,
    {} as ChunkSender,
    new StoppedClock(),
    settlement as unknown as SettlementService,
    new Metrics(),
    running,
    { mayBeSent: () => true, end: () => undefined } as unknown as SentMarks,
  );
  const chunks = Math.ceil(alarms / CHUNK_SIZE);
  const work = {
    intent: {
      kind: 'intent',
      operationId: 'op-1',
      operation: 'ignore',
      caller: 'portal',
      alarms: Array.from({ length: alarms }, (_, index) => `e-${index}`),
      scope: { project: 'p', projectId: 'id', region: 'r', enterpriseProjectId: '0' },
    } as unknown as IntentRecord,
    project: {} as Work['project'],
    bodies: Array.from({ length: chunks }, () =>
      callBody({ operate_type: 'ignore', operate_event_list: [] }),
    ),
  };
  const result = await executor.carryOut(work, running.begin(), send);
  return { result, records, watched };
}

const all =
  (outcome: ChunkOutcome['outcome'], goOn = true): SendChunk =>
  (_, alarms) =>
    Promise.resolve({ chunk: { alarms, outcome, ...(outcome !== 'applied' && { fault }) }, goOn });

describe('an operation that is carried out', () => {
  it('gets an outcome that covers every alarm, whatever comes of each chunk', async () => {
    const outcome = fc.constantFrom('applied', 'already', 'rejected', 'not_attempted', 'unknown', 'throws');
    const plan = fc.array(fc.tuple(outcome, fc.boolean()), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400 }), plan, async (alarms, ends) => {
        let sent = 0;
        const { result, records } = await carriedOut(alarms, (_, count, index) => {
          expect(index).toBe(sent);
          sent += 1;
          const [end, goOn] = ends[index] ?? ['applied', true];
          if (end === 'throws') throw new Error('unexpected');
          return Promise.resolve({ chunk: { alarms: count, outcome: end }, goOn });
        });
        const chunks = result.trail.outcome?.chunks ?? [];
        expect(chunks.reduce((sum, chunk) => sum + chunk.alarms, 0)).toBe(alarms);
        // The first that does not continue is the last that was sent.
        const stop = ends.findIndex(([end, goOn]) => !goOn || end === 'throws') + 1;
        expect(sent).toBe(Math.min(Math.ceil(alarms / CHUNK_SIZE), stop === 0 ? Infinity : stop));
        expect(records.at(-1)?.kind).toBe('outcome');
      }),
      { numRuns: 60 },
    );
  });

  it('sends no chunk before what came of the one before is recorded', async () => {
    const { result } = await carriedOut(250, all('applied'), false);
    expect(result.recorded).toBe(false);
    expect(result.trail.outcome?.chunks.map(({ alarms, outcome }) => [alarms, outcome])).toEqual([
      [100, 'applied'],
      [150, 'not_attempted'],
    ]);
  });

  it('is settled where something of it is unknown', async () => {
    expect((await carriedOut(2, all('unknown'))).watched).toEqual(['op-1']);
    expect((await carriedOut(2, all('applied'))).watched).toEqual([]);
  });
});

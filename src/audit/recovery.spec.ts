import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CHUNK_SIZE, type ChunkOutcome } from '../domain/outcome.js';
import { statusOf } from './alarm-outcomes.js';
import type { IntentRecord, OperationTrail } from './audit-record.js';
import { interruptedOutcome } from './recovery.js';

const AT = '2026-08-16T09:06:00.000Z';

const trailOf = (alarms: number, chunks: readonly ChunkOutcome[]): OperationTrail => ({
  intent: {
    operationId: 'op-1',
    alarms: Array.from({ length: alarms }, (_, index) => `e-${index}`),
  } as unknown as IntentRecord,
  chunks,
});

const applied = (alarms: number): ChunkOutcome => ({ alarms, outcome: 'applied' });
const partsOf = (alarms: number, chunks: readonly ChunkOutcome[]) =>
  interruptedOutcome(trailOf(alarms, chunks), CHUNK_SIZE, AT).chunks.map((chunk) => [
    chunk.alarms,
    chunk.outcome,
  ]);

describe('an operation that was cut off', () => {
  it.each<[string, number, ChunkOutcome[], (string | number)[][]]>([
    ['in its only part', 1, [], [[1, 'unknown']]],
    ['in its only part, of a hundred', 100, [], [[100, 'unknown']]],
    [
      'in its first part',
      250,
      [],
      [
        [100, 'unknown'],
        [150, 'not_attempted'],
      ],
    ],
    [
      'in its second part',
      250,
      [applied(100)],
      [
        [100, 'applied'],
        [100, 'unknown'],
        [50, 'not_attempted'],
      ],
    ],
    [
      'in its last part',
      250,
      [applied(100), applied(100)],
      [
        [100, 'applied'],
        [100, 'applied'],
        [50, 'unknown'],
      ],
    ],
    [
      'after its last part',
      200,
      [applied(100), applied(100)],
      [
        [100, 'applied'],
        [100, 'applied'],
      ],
    ],
  ])('%s is known as far as it was recorded', (_, alarms, chunks, parts) => {
    expect(partsOf(alarms, chunks)).toEqual(parts);
  });

  it('says when it was found, that it was interrupted, and what to do', () => {
    expect(interruptedOutcome(trailOf(150, []), CHUNK_SIZE, AT)).toMatchObject({
      kind: 'outcome',
      operationId: 'op-1',
      at: AT,
      status: 'unknown',
      interrupted: true,
      chunks: [
        {
          fault: {
            code: 'gateway_interrupted',
            retryable: false,
            detail: expect.stringContaining('not known'),
          },
        },
        {
          fault: {
            code: 'gateway_interrupted',
            retryable: true,
            detail: expect.stringContaining('Nothing was done'),
          },
        },
      ],
    });
  });

  it('covers every alarm once, keeps what is known, and claims of no alarm that was not recorded that it was done', () => {
    const sizes = fc.array(
      fc.constantFrom<ChunkOutcome>(applied(100), { alarms: 100, outcome: 'rejected' }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(sizes, fc.nat(450), (chunks, left) => {
        const outcome = interruptedOutcome(trailOf(chunks.length * 100 + left, chunks), CHUNK_SIZE, AT);
        expect(outcome.chunks.slice(0, chunks.length)).toEqual(chunks);
        expect(outcome.chunks.reduce((sum, { alarms }) => sum + alarms, 0)).toBe(chunks.length * 100 + left);
        const rest = outcome.chunks.slice(chunks.length);
        expect(rest.every((chunk) => chunk.outcome === 'unknown' || chunk.outcome === 'not_attempted')).toBe(
          true,
        );
        // Only the part that may have been under way is in doubt.
        const doubtful = rest.filter((chunk) => chunk.outcome === 'unknown');
        expect(doubtful.reduce((sum, { alarms }) => sum + alarms, 0)).toBe(Math.min(left, CHUNK_SIZE));
        expect(outcome.status).toBe(statusOf(outcome.chunks));
      }),
    );
  });
});

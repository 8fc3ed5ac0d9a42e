import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { IntentRecord } from './audit-record.js';
import { CHUNK_SIZE, type ChunkOutcome } from '../domain/outcome.js';
import { statusOf } from './alarm-outcomes.js';
import { resumePoint } from './operation-state.js';

const intentOf = (alarms: number): IntentRecord => ({
  kind: 'intent',
  operationId: 'o',
  at: '2026-08-16T09:05:22.701Z',
  requestId: 'r',
  caller: 'portal',
  operation: 'ignore',
  scope: { project: 'p', region: 'r', projectId: 'i', enterpriseProjectId: '0' },
  alarms: Array.from({ length: alarms }, (_, index) => `a${index}`),
  background: true,
});

const sizes = (alarms: number): number[] =>
  Array.from({ length: Math.ceil(alarms / CHUNK_SIZE) }, (_, index) =>
    Math.min(CHUNK_SIZE, alarms - index * CHUNK_SIZE),
  );

const outcomes = fc.constantFrom('applied', 'already', 'rejected', 'unknown');

describe('what remains of an operation', () => {
  it('is every chunk without a record, once: none twice, none left out, wherever the records end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(20), outcomes, (alarms, recorded, outcome) => {
        const all = sizes(alarms);
        const chunks = all
          .slice(0, Math.min(recorded, all.length - 1))
          .map((size): ChunkOutcome => ({ alarms: size, outcome }));
        const remaining = resumePoint({ intent: intentOf(alarms), chunks });
        expect(remaining?.known).toEqual(chunks);
        const left = all.slice(remaining?.inDoubt);
        const known = chunks.reduce((sum, each) => sum + each.alarms, 0);
        expect(known + left.reduce((sum, size) => sum + size, 0)).toBe(alarms);
      }),
    );
  });

  it('is nothing once there is an outcome', () => {
    const chunks: ChunkOutcome[] = [{ alarms: 100, outcome: 'applied' }];
    const outcome = {
      kind: 'outcome',
      operationId: 'o',
      at: '2026-08-16T09:05:22.734Z',
      status: statusOf(chunks),
      chunks,
    } as const;
    expect(resumePoint({ intent: intentOf(100), chunks, outcome })).toBeUndefined();
  });
});

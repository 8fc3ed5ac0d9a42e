import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ChunkBuffer } from './request-bodies.js';

const passedOn = (chunks: readonly Buffer[]): Buffer[] => {
  const passed: Buffer[] = [];
  const gathered = new ChunkBuffer((chunk) => passed.push(chunk));
  for (const chunk of chunks) gathered.add(chunk);
  gathered.end();
  return passed;
};

describe('chunks that are put together', () => {
  it('are the same bytes, in few pieces', () => {
    const sizes = fc.oneof(
      { weight: 4, arbitrary: fc.nat(40) },
      fc.nat(20_000),
      fc.constantFrom(16_383, 16_384, 16_385, 65_536),
    );
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 60 }), (lengths) => {
        const chunks = lengths.map((length, index) => Buffer.alloc(length, index));
        const [before, passed] = [Buffer.concat(chunks), passedOn(chunks)];
        expect(Buffer.concat(passed).equals(before)).toBe(true);
        // Of two neighbours at least one could not have taken the other in.
        expect(passed.length).toBeLessThanOrEqual(2 + (2 * before.length) / 16_384);
      }),
    );
  });

  it('are passed on as they came where there is but one', () => {
    const chunk = Buffer.from('{"operation":"ignore"}');
    const [passed] = passedOn([chunk]);
    expect(passed?.buffer).toBe(chunk.buffer);
  });
});

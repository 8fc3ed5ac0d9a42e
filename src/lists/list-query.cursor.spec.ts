import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf, readCursor, writeCursor } from './list-query.js';

describe('a cursor', () => {
  const mark = fc.oneof(
    fc.record({ offset: fc.nat() }),
    fc.record({
      offset: fc.integer({ min: 1, max: 2_000_000 }),
      seen: fc.record({ last: fc.string(), total: fc.oneof(fc.nat(), fc.constant(Infinity)) }),
    }),
  );

  it('is read as it was written', () => {
    const more = fc.array(fc.oneof(fc.nat(), fc.constant(null), fc.string()), { maxLength: 3 });
    fc.assert(
      fc.property(fc.string(), mark, more, (digest, place, rest) => {
        expect(readCursor(writeCursor({ digest, mark: place, more: rest }))).toEqual({
          digest,
          mark: place,
          more: rest,
        });
      }),
    );
  });

  it('is nothing else that anybody could make up', () => {
    for (const text of ['', 'x', 'bnVsbA', 'W10', Buffer.from('["a",-1,null,null]').toString('base64url')]) {
      expect(readCursor(text)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (text) => void readCursor(text)));
  });

  it('belongs to one list and one query, in any order of its parameters and for pages of any size', () => {
    const digest = digestOf('a', { project: 'prod', hash: 'x', limit: '5', cursor: 'c' });
    expect(digestOf('a', { hash: 'x', project: 'prod' })).toBe(digest);
    expect(digestOf('b', { hash: 'x', project: 'prod' })).not.toBe(digest);
    expect(digestOf('a', { hash: 'y', project: 'prod' })).not.toBe(digest);
  });
});

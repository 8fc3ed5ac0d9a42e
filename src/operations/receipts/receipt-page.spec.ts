import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ByteBound } from './receipt-page.js';

describe('a page', () => {
  it('takes things until they would be longer together than it may be, and always the first', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), fc.nat(60), (things, most) => {
        const bound = new ByteBound(most);
        let bytes = 0;
        for (const [index, thing] of things.entries()) {
          bytes += Buffer.byteLength(JSON.stringify(thing));
          const takes = bound.takes(thing);
          expect(takes).toBe(index === 0 || bytes <= most);
          if (!takes) break;
        }
      }),
    );
  });

  it('ends with the first thing that finds no room', () => {
    const bound = new ByteBound(10);
    expect(['12345678', 'x', ''].map((thing) => bound.takes(thing))).toEqual([true, false, false]);
    expect([new ByteBound(10).takes('long beyond all bounds'), new ByteBound(2).takes('')]).toEqual([
      true,
      true,
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { time, whole } from './listing.js';

describe('a time that upstream lists', () => {
  it.each([
    [1_000_000_000_000, '2001-09-09T01:46:40.000Z'],
    [1_672_046_760_353, '2022-12-26T09:26:00.353Z'],
    [9_999_999_999_999, '2286-11-20T17:46:39.999Z'],
  ])('of thirteen digits is one: %d', (value, expected) => {
    expect(time(value)).toBe(expected);
  });

  it('is none when it is anything else, such as nothing, 0, seconds or text', () => {
    const other = fc.oneof(
      fc.constantFrom(
        undefined,
        null,
        0,
        999_999_999_999,
        1_672_046_760,
        10_000_000_000_000,
        NaN,
        1.5e12 + 0.5,
      ),
      fc.jsonValue().filter((value) => typeof value !== 'number'),
      fc.bigInt(),
      fc.integer(),
    );
    fc.assert(fc.property(other, (value) => expect(time(value)).toBeUndefined()));
  });
});

describe('a whole number that upstream lists', () => {
  it('is none when it was rounded, or is no number', () => {
    for (const value of [undefined, null, '', '7', 7.5, 2 ** 53, 7n, true, [7], {}]) {
      expect(whole(value)).toBeUndefined();
    }
    expect([whole(0), whole(-7)]).toEqual([0, -7]);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearest, nearMisses } from './nearest.js';
import { OPERATION_TYPE_NAMES } from './operation-type.js';

describe('nearest', () => {
  test.each([
    ['a missing letter', 'isolate_and_kil', 'isolate_and_kill'],
    ['a letter too many', 'ignoree', 'ignore'],
    ['a wrong letter', 'unhandke', 'unhandle'],
    ['two neighbours swapped', 'ingore', 'ignore'],
    ['a forgotten word', 'mark_handled', 'mark_as_handled'],
    ['another letter case', 'IGNORE', 'ignore'],
  ])('finds what was meant: %s', (_, word, meant) => {
    expect(nearest(word, OPERATION_TYPE_NAMES)).toBe(meant);
  });

  test.each([
    ['another word', 'delete'],
    ['nothing', ''],
  ])('suggests nothing for %s', (_, word) => {
    expect(nearest(word, OPERATION_TYPE_NAMES)).toBeUndefined();
  });

  test('gives up on a very long word without reading it through', () => {
    // It has a length, and nothing that could be read.
    const word = { length: 6_000_000 } as unknown as string;
    expect(nearest(word, OPERATION_TYPE_NAMES)).toBeUndefined();
  });

  test('counts a swap as one edit: a short word has no more', () => {
    expect(nearest('prdo', ['prod'])).toBe('prod');
    expect(nearest('rpdo', ['prod'])).toBeUndefined();
  });

  test('prefers the nearer candidate, and of equally near ones the first', () => {
    expect(nearest('cn-east-22', ['cn-east-333', 'cn-east-2', 'cn-east-21'])).toBe('cn-east-2');
    expect(nearMisses('cn-east-22', ['cn-east-333', 'cn-east-2', 'cn-east-21'])).toEqual([
      'cn-east-2',
      'cn-east-21',
    ]);
  });

  test('finds every word behind one slip of the finger', () => {
    const slip = fc.record({
      word: fc.constantFrom(...OPERATION_TYPE_NAMES),
      at: fc.nat(),
      letter: fc.constantFrom('', 'x', 'xy'),
    });
    fc.assert(
      fc.property(slip, ({ word, at, letter }) => {
        const index = at % word.length;
        expect(nearest(word.slice(0, index) + letter + word.slice(index + 1), OPERATION_TYPE_NAMES)).toBe(
          word,
        );
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { JsonBeyondBounds, type JsonBound, type JsonBounds } from './json-bounds.js';
import { inexactNumbersIn } from './exact-json.js';

const BOUNDS: JsonBounds = {
  depth: 3,
  containers: 4,
  values: 6,
  names: 3,
  longIntegers: 2,
  longFractions: 2,
  numberLength: 20,
};

const beyond = (text: string): JsonBound | undefined => {
  try {
    inexactNumbersIn(text, BOUNDS);
    return undefined;
  } catch (error) {
    if (error instanceof JsonBeyondBounds) return error.bound;
    throw error;
  }
};

describe('a bound', () => {
  it.each<[JsonBound, string, string]>([
    ['depth', '[{"a":[1]}]', '[{"a":[[]]}]'],
    ['containers', '[[],{},[]]', '[[],{},[],[]]'],
    ['values', '[1,2,[],{"a":1}]', '[1,2,[],{"a":1,"b":2,"c":3}]'],
    ['names', '[{"a":1,"b":2},{"c":1,"a":2}]', '[{"a":1,"b":1},{"c":1,"d":2}]'],
    [
      'longIntegers',
      '[9007199254740993,1234567890123456]',
      `[${'1234567890123456,'.repeat(2)}-1234567890123456]`,
    ],
    ['longFractions', '[1e3,0.12345678901234567]', '[1e3,1E-3,0.12345678901234567]'],
    ['numberLength', '1'.repeat(20), '1'.repeat(21)],
    ['numberLength', `0.${'0'.repeat(18)}`, `-0.${'0'.repeat(18)}`],
    ['numberLength', `1e${'1'.repeat(18)}`, `1e${'1'.repeat(19)}`],
  ])('on %s is kept by %s and not by %s', (bound, within, without) => {
    expect(beyond(within)).toBeUndefined();
    expect(beyond(without)).toBe(bound);
  });

  it('is reported before what is wrong further on', () => {
    expect(beyond('[[[[')).toBe('depth');
    expect(beyond(`${'1'.repeat(21)}x`)).toBe('numberLength');
  });

  it('counts what is outside of strings alone', () => {
    expect(beyond(`["[[[[{},,,:::${'9'.repeat(30)}", "\\"[[[[", "\\\\", 1, 2]`)).toBeUndefined();
    expect(beyond('["1e5","1e5","1e5"]')).toBeUndefined();
  });

  it('counts names that differ in an escape alone', () => {
    expect(beyond('{"\\u0001":1,"\\u0002":1,"\\n":1,"\\t":1}')).toBe('names');
    expect(beyond('{"AaAa":1,"BBBB":1,"AaBB":1,"BBAa":1}')).toBe('names');
  });

  it('counts a name again for each spelling that is another', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 4, maxLength: 6 }), (names) => {
        const text = `{${names.map((each) => `${JSON.stringify(each)}:1`).join(',')}}`;
        expect(beyond(text)).toBe('names');
      }),
    );
  });
});

describe('numbers that are rounded', () => {
  it('are reported with their places', () => {
    const text = '{"a": 9007199254740993, "b": [1, 1e400]}';
    const found = inexactNumbersIn(text, BOUNDS);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(['9007199254740993', '1e400']);
    expect(found.map(({ value }) => value)).toEqual([9_007_199_254_740_993n, NaN]);
  });
});

describe('what is no JSON', () => {
  it.each<[string, number]>([
    ['', 0],
    ['  ', 2],
    ['{"a":1', 6],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1,]', 3],
    ['[1}', 2],
    ['{"a":1]', 6],
    ['{"a":1,}', 7],
    ['[1] x', 4],
    ['01', 1],
    ['-', 1],
    ['1.', 2],
    ['1e+', 3],
    ['tru', 0],
    ['"a', 2],
    ['"a\nb"', 2],
    ['"\\x"', 2],
    ['"\\u12g4"', 5],
    ['\u00a01', 0],
  ])('%j breaks at %d', (text, place) => {
    expect(() => inexactNumbersIn(text, BOUNDS)).toThrow(new SyntaxError(`not JSON at position ${place}`));
  });
});

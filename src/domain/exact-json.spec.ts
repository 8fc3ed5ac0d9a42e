import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { isSafeNumber, parse as parseLossless } from 'lossless-json';

import { parseExact, stringifyExact } from './exact-json.js';
import { JSON_BOUNDS } from './json-bounds.js';

const INT64_MAX = 9_223_372_036_854_775_807n;
/** A number that makes the whole text go through the exact parser. */
const UNSAFE = '9223372036854775807';

/** Numbers that a double holds exactly as they are written. */
const plainNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, min: -1e15, max: 1e15 }).filter((value) => !Object.is(value, -0)),
);
const unsafeInteger = fc
  .bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
  .filter((value) => !Number.isSafeInteger(Number(value)));
const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString'));

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.string({ unit: 'binary' }),
    plainNumber,
    unsafeInteger,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 5 })
      .map((members): unknown => Object.fromEntries(members)),
  ),
}));

/** Text made of JSON's own characters: now and then JSON, mostly nearly so. */
const nearlyJson = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789.-+eE\\/ubnt\n truefalsn') }),
  fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '\\', ',', ']', '}', '0', '\u0001', ' '))
    .map(([json, at, more]) => json.slice(0, at % (json.length + 1)) + more + json.slice(at % json.length)),
);

describe('exact JSON', () => {
  it('reads back what it wrote, with every digit', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(parseExact(stringifyExact(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('reads integers of any size up to the bound', () => {
    const most = 10n ** BigInt(JSON_BOUNDS.numberLength - 1);
    fc.assert(
      fc.property(fc.bigInt({ min: -most + 1n, max: most }), (value) => {
        const expected = Number.isSafeInteger(Number(value)) ? Number(value) : value;
        expect(parseExact(`[${value}]`)).toEqual([expected]);
      }),
    );
  });

  it.each([
    ['9223372036854775807', INT64_MAX],
    ['-9223372036854775808', -INT64_MAX - 1n],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['1672046760353', 1_672_046_760_353],
    ['1672046760353.0', 1_672_046_760_353],
    ['1672046760353.000', 1_672_046_760_353],
    ['1e3', 1000],
    ['1.0', 1],
    ['-0', -0],
    ['0.1', 0.1],
    ['1672046760353.0000001', NaN],
    ['9007199254740993.0', NaN],
    ['1e-400', NaN],
    ['0.30000000000000000001', NaN],
  ])('reads %s as what it is, or as no number', (literal, expected) => {
    expect(parseExact(literal)).toBe(expected);
  });

  it('never takes a fraction for a whole number', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: INT64_MAX }),
        digits,
        fc.integer({ min: 1, max: 9 }),
        (whole, zeros, last) => {
          const value = parseExact(`${whole}.${zeros}${last}`);
          expect(Number.isSafeInteger(value)).toBe(false);
          expect(typeof value).toBe('number');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('it agrees', () => {
  const isJson = (parse: (all: string) => unknown, text: string): boolean => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it.each([[''], [`${UNSAFE},`]])('with JSON.parse on what is JSON (begins: %j)', (first) => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        const all = `[${first}${text}]`;
        expect(isJson(parseExact, all)).toBe(isJson(JSON.parse, all));
      }),
      { numRuns: 2_000 },
    );
  });

  it('with JSON.parse on everything but numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const words = JSON.stringify(value, (_, item: unknown) => (typeof item === 'number' ? 1 : item));
        expect(parseExact(`[${UNSAFE},${words}]`)).toEqual([INT64_MAX, JSON.parse(words)]);
      }),
    );
  });

  it('with a parser that keeps every number as it was written, on numbers', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 20 });
    const part = (mark: string) =>
      fc.oneof(
        fc.constant(''),
        digits.map((text) => `${mark}${text}`),
      );
    const number = fc
      .tuple(fc.constantFrom('', '-'), digits, part('.'), fc.oneof(part('e'), part('E-'), part('e+')))
      .map(
        ([sign, whole, fraction, exponent]) => sign + whole.replace(/^0+(?=\d)/, '') + fraction + exponent,
      );
    const ofLossless = (literal: string): unknown => {
      if (/^-?\d+$/.test(literal) && !Number.isSafeInteger(Number(literal))) return BigInt(literal);
      return isSafeNumber(literal) ? Number(literal) : NaN;
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(name, number), { maxLength: 6 }), (members) => {
        const text = `{${members.map(([key, literal]) => `${JSON.stringify(key)}: ${literal}`).join(', ')}}`;
        const lossless = parseLossless(text, undefined, {
          parseNumber: ofLossless,
          onDuplicateKey: ({ newValue }) => newValue,
        });
        expect(parseExact(text)).toEqual(lossless);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([[''], [`,"far":${UNSAFE}`]])(
    'with everybody that of two members of one name the last one counts (text goes on: %j)',
    (more) => {
      expect(parseExact(`{"a":1,"b":{"c":[1]},"a":{"d":2}${more}}`)).toMatchObject({
        a: { d: 2 },
        b: { c: [1] },
      });
    },
  );

  it.each([['1'], [UNSAFE]])('that __proto__ is a name like any other (beside %s)', (number) => {
    for (const text of [`{"__proto__":{"polluted":${number}}}`, `{"__proto__":${number}}`]) {
      const value = parseExact(text) as object;
      expect(Object.keys(value)).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }
  });
});

describe('hostile text', () => {
  it.each([[''], [`${UNSAFE},`]])('nested a hundred thousand deep is refused (begins: %j)', (first) => {
    const deep = `[${first}${'['.repeat(100_000)}${']'.repeat(100_000)}]`;
    expect(() => parseExact(deep)).toThrow(RangeError);
  });

  it.each([
    ['{"a":1'],
    ['{a:1}'],
    ["{'a':1}"],
    ['[1,]'],
    ['01'],
    ['+1'],
    ['.5'],
    ['1.'],
    ['NaN'],
    ['undefined'],
    [''],
  ])('that is no JSON is a syntax error: %s', (text) => {
    expect(() => parseExact(text)).toThrow(SyntaxError);
    expect(() => parseExact(`[${UNSAFE},${text}`)).toThrow(SyntaxError);
  });
});

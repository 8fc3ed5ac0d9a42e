import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLosslessNumber, parse } from 'lossless-json';

import { ExactDocuments } from './exact-json.js';

/** Numbers as they may stand in JSON, most of them beyond what a double holds. */
const literal = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.stringMatching(/^-?[1-9]\d{0,30}$/),
  fc.stringMatching(/^-?(?:0|[1-9]\d{0,5})\.\d{1,30}$/),
  fc.stringMatching(/^[1-9]\d{0,3}[eE][+-]?[1-9]\d{0,2}$/),
);
const text: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    literal,
    fc.string().map((each) => JSON.stringify(each)),
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie('value')), { maxLength: 4, selector: ([name]) => name })
      .map(
        (members) => `{ ${members.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(', ')} }`,
      ),
  ),
})).value;

/** With every number as what it is worth: digits without a point or an exponent, and the power of ten. */
function worth(json: string): unknown {
  const plain = (value: unknown): unknown => {
    if (isLosslessNumber(value)) {
      const [, sign = '', whole = '', fraction = '', power = '0'] =
        /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(value.toString()) ?? [];
      const digits = (whole + fraction).replace(/^0+/, '');
      const kept = digits.replace(/0+$/, '');
      if (kept === '') return 'number 0';
      return `number ${sign}${kept} ${Number(power) - fraction.length + digits.length - kept.length}`;
    }
    if (Array.isArray(value)) return (value as unknown[]).map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.entries(value).map(([name, item]) => [name, plain(item)]);
  };
  return plain(parse(json));
}

describe('documents of which parts travel on', () => {
  it('keep the worth of every number, and the order of every member', () => {
    fc.assert(
      fc.property(text, (json) => {
        const documents = new ExactDocuments();
        const value = documents.parse(json);
        fc.pre(!json.includes('"__proto__"') && !/"\d+":/.test(json));
        expect(worth(documents.write(value))).toEqual(worth(json));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are put together without mixing their numbers up', () => {
    const documents = new ExactDocuments();
    const one = documents.parse('{"a":9007199254740993,"b":1}');
    const other = documents.parse('[12345678901234567890123, 0.1000000000000000000001]');
    expect(documents.write({ other, one })).toBe(
      '{"other":[12345678901234567890123,0.1000000000000000000001],"one":{"a":9007199254740993,"b":1}}',
    );
  });

  it.each(['', '{', '[1,]', 'undefined', `${'['.repeat(100)}${']'.repeat(100)}`])('are none: %s', (json) => {
    expect(() => new ExactDocuments().parse(json)).toThrow();
  });
});

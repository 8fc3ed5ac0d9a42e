import { describe, expect, it } from '@jest/globals';
import { IntersectionType, OmitType, PartialType, PickType } from '@nestjs/swagger';
import fc from 'fast-check';

import { compileCheck } from './compiled-check.js';
import {
  fieldsOf,
  requiring,
  Checked,
  Flag,
  Formed,
  ListOf,
  ObjectOf,
  OneOf,
  Text,
  TextList,
  Whole,
} from './fields.js';
import { report } from './report.js';

class Leaf {
  @Text(1, 3, { optional: true })
  text?: string;

  @Whole(-5, 5)
  whole!: number;
}

class Everything {
  @Text(2, 4)
  text!: string;

  @Formed(/^[a-c]+$/, 'made of a, b and c', { optional: true })
  formed?: string;

  @Whole(0, 9, { optional: true })
  whole?: number;

  @Flag({ optional: true })
  flag?: boolean;

  @OneOf(['one', 'two'], { optional: true })
  oneOf?: string;

  @TextList({ min: 1, max: 2, length: 3 }, { optional: true })
  texts?: string[];

  @Checked(
    'even',
    (value) => Number(value) % 2 === 0,
    'must be even',
    { type: 'integer' },
    { optional: true },
  )
  even?: number;

  @ListOf(() => Leaf, { min: 1, max: 2 }, { optional: true })
  leaves?: Leaf[];

  @ObjectOf(() => Leaf, { optional: true })
  leaf?: Leaf;
}

const check = compileCheck(Everything);

describe('a compiled check', () => {
  it.each<[string, unknown]>([
    ['the least', { text: 'ab' }],
    ['text of the greatest length', { text: 'abcd' }],
    ['half an emoji counted as one character', { text: '😀' }],
    ['a form', { text: 'ab', formed: 'abc' }],
    ['both ends of a range', { text: 'ab', whole: 0, leaf: { whole: -5 } }],
    ['a flag that is off', { text: 'ab', flag: false }],
    ['a word of a set', { text: 'ab', oneOf: 'two' }],
    ['a list of texts', { text: 'ab', texts: ['a', 'abc'] }],
    ['a check of its own', { text: 'ab', even: 4 }],
    ['nested objects', { text: 'ab', leaves: [{ whole: 1 }, { whole: 2, text: 'x' }], leaf: { whole: 0 } }],
  ])('says yes to %s', (_, value) => {
    expect([check(value), report(Everything, value)]).toEqual([true, []]);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [{ text: 'ab' }]],
    ['a missing field', {}],
    ['a field that is undefined', { text: undefined }],
    ['an optional field that is null', { text: 'ab', whole: null }],
    ['text that is too short', { text: 'a' }],
    ['text that is too long', { text: 'abcde' }],
    ['a line break', { text: 'a\nb' }],
    ['NUL', { text: 'a\0b' }],
    ['a next-line character', { text: 'a\u0085b' }],
    ['a line separator', { text: 'a\u2028b' }],
    ['half a surrogate pair', { text: 'a\ud800b' }],
    ['another form', { text: 'ab', formed: 'abd' }],
    ['a fraction', { text: 'ab', whole: 1.5 }],
    ['a number in a string', { text: 'ab', whole: '1' }],
    ['a bigint', { text: 'ab', whole: 1n }],
    ['no number', { text: 'ab', whole: NaN }],
    ['a number out of range', { text: 'ab', whole: 10 }],
    ['a flag in words', { text: 'ab', flag: 'true' }],
    ['a word beside the set', { text: 'ab', oneOf: 'One' }],
    ['an empty list of texts', { text: 'ab', texts: [] }],
    ['too many texts', { text: 'ab', texts: ['a', 'b', 'c'] }],
    ['a text in a list with a line break', { text: 'ab', texts: ['a\r'] }],
    ['what its own check refuses', { text: 'ab', even: 3 }],
    ['an empty list', { text: 'ab', leaves: [] }],
    ['too many items', { text: 'ab', leaves: [{ whole: 1 }, { whole: 1 }, { whole: 1 }] }],
    ['a list in a list', { text: 'ab', leaves: [[{ whole: 1 }]] }],
    ['an item with a missing field', { text: 'ab', leaves: [{ text: 'x' }] }],
    ['a nested list instead of an object', { text: 'ab', leaf: [{ whole: 1 }] }],
    ['an unknown field', { text: 'ab', more: 1 }],
    ['an unknown nested field', { text: 'ab', leaf: { whole: 1, more: 1 } }],
    ['a name of the prototype', { text: 'ab', toString: 1 }],
    ['__proto__', JSON.parse('{"text":"ab","__proto__":{"whole":1}}')],
  ])('says no to %s, and the report says why', (_, value) => {
    expect(check(value)).toBe(false);
    expect(report(Everything, value)).not.toEqual([]);
  });

  it('says what the report says, whatever the value', () => {
    const leaf = fc.record(
      { text: fc.string(), whole: fc.integer({ min: -7, max: 7 }) },
      { requiredKeys: [] },
    );
    const value = fc.record(
      {
        text: fc.string({ maxLength: 5 }),
        formed: fc.oneof(fc.string(), fc.constant('abc')),
        whole: fc.oneof(fc.integer({ min: -1, max: 11 }), fc.jsonValue()),
        leaves: fc.oneof(fc.array(leaf, { maxLength: 3 }), fc.array(fc.array(leaf))),
        leaf: fc.oneof(leaf, fc.jsonValue()),
        more: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(value, fc.jsonValue()), (any) => {
        expect(check(any)).toBe(report(Everything, any).length === 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows what a subclass requires', () => {
    const strict = compileCheck(requiring(Everything, 'Strict', 'something', ['flag']));
    expect([strict({ text: 'ab' }), strict({ text: 'ab', flag: true })]).toEqual([false, true]);
    expect(check({ text: 'ab' })).toBe(true);
  });
});

describe('a compiled check of a mapped type', () => {
  class Colour {
    @OneOf(['red', 'blue'])
    colour!: string;
  }
  class Extended extends PickType(Everything, ['text', 'flag']) {
    @Whole(1, 2)
    more!: number;
  }
  const MAPPED = {
    PickType: PickType(Everything, ['text', 'leaf']),
    OmitType: OmitType(Everything, ['text', 'leaves']),
    PartialType: PartialType(Everything),
    'PartialType that takes no null': PartialType(Everything, { skipNullProperties: false }),
    IntersectionType: IntersectionType(Everything, Colour),
    'a subclass of a mapped type': Extended,
    'a mapped type of one that requires more': PartialType(requiring(Everything, 'Strict', 'that', ['flag'])),
  } as const;
  const leaf = fc.record({ text: fc.constant('x'), whole: fc.integer({ min: -7, max: 7 }) });
  const value = fc.record(
    {
      text: fc.option(fc.oneof(fc.constant('ab'), fc.string({ maxLength: 5 }))),
      flag: fc.option(fc.oneof(fc.boolean(), fc.constant('yes'))),
      colour: fc.option(fc.constantFrom('red', 'green')),
      whole: fc.option(fc.integer({ min: -1, max: 11 })),
      more: fc.option(fc.integer({ min: 0, max: 3 })),
      leaf: fc.option(leaf),
      leaves: fc.option(fc.array(leaf, { maxLength: 3 })),
    },
    { requiredKeys: [] },
  );

  it.each(Object.entries(MAPPED))('says what class-validator says: %s', (_, type) => {
    const compiled = compileCheck(type);
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(value, fc.boolean(), (made, onlyKnown) => {
        const names = fieldsOf(type);
        const any = Object.fromEntries(
          Object.entries(made).filter(([name]) => !onlyKnown || names.has(name)),
        );
        const isValid = compiled(any);
        seen.add(isValid);
        expect([any, isValid]).toEqual([any, report(type, any).length === 0]);
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it('has the fields of its base that it keeps, and no others', () => {
    const picked = compileCheck(MAPPED.PickType);
    expect([picked({ text: 'ab' }), picked({}), picked({ text: 'ab', flag: true })]).toEqual([
      true,
      false,
      false,
    ]);
    const omitted = compileCheck(MAPPED.OmitType);
    expect([omitted({ flag: true }), omitted({ text: 'ab' })]).toEqual([true, false]);
    const partial = compileCheck(MAPPED.PartialType);
    expect([partial({}), partial({ text: null }), partial({ text: 'a' })]).toEqual([true, true, false]);
    const both = compileCheck(MAPPED.IntersectionType);
    expect([both({ text: 'ab' }), both({ text: 'ab', colour: 'red' })]).toEqual([false, true]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { SchemaChecker, boolean, integer, oneOf, sentence, text, type Schema } from './schema.js';

const checker = new SchemaChecker((reference) => {
  if (reference !== '#/Name') throw new Error(`${reference} leads nowhere`);
  return text(1, 3);
});

const problems = (schema: Schema, value: unknown): string[] =>
  [...checker.problems(schema, value)].map(sentence);

const WHAT: readonly (readonly [
  name: string,
  schema: Schema,
  good: readonly unknown[],
  bad: unknown,
  problem: string,
])[] = [
  ['a string', { type: 'string' }, ['', 'x'], 7, 'the body is not a string'],
  ['a boolean', boolean, [true, false], 'true', 'the body is not a boolean'],
  ['an object', { type: 'object' }, [{}], [], 'the body is not an object'],
  ['an object, not null', { type: 'object' }, [{}], null, 'the body is not an object'],
  ['an array', { type: 'array' }, [[]], {}, 'the body is not an array'],
  ['an integer', { type: 'integer' }, [-1, 7n], 1.5, 'the body is not an integer'],
  ['a length', text(1, 3), ['x', 'xyz'], 'wxyz', 'the body is not 1 to 3 characters long'],
  [
    'a least length',
    { type: 'string', minLength: 1 },
    ['x'],
    '',
    'the body is not at least 1 characters long',
  ],
  ['a range', integer(0, 9), [0, 9], 10, 'the body is not between 0 and 9'],
  ['a pattern', { type: 'string', pattern: '^\\d$' }, ['1'], 'x', 'the body does not match ^\\d$'],
  ['a choice', oneOf('a', 'b'), ['a', 'b'], 'c', 'the body is none of a, b'],
  ['a count', { type: 'array', minItems: 1, maxItems: 2 }, [[1]], [], 'the body does not have 1 to 2 items'],
  ['a reference', { $ref: '#/Name' }, ['x'], '', 'the body is not 1 to 3 characters long'],
];

describe('a schema', () => {
  test.each(WHAT)('can ask for %s', (_, schema, good, bad, problem) => {
    for (const value of good) expect([value, problems(schema, value)]).toEqual([value, []]);
    expect(problems(schema, bad)).toEqual([problem]);
  });

  test('judges an int64 by its true value', () => {
    const schema = { type: 'integer', minimum: 0, maximum: 9223372036854775807n } as const;
    expect(problems(schema, 9223372036854775807n)).toEqual([]);
    expect(problems(schema, 9223372036854775808n)).toEqual([
      'the body is not between 0 and 9223372036854775807',
    ]);
  });

  test('names the place of everything that is wrong, in its own order, and passes over unknown members', () => {
    const entry: Schema = {
      type: 'object',
      required: ['hash', 'path'],
      properties: { path: text(1, 9), hash: text(1, 9), more: { type: 'array', items: integer(0, 1) } },
      additionalProperties: false,
    };
    const schema: Schema = { type: 'object', properties: { list: { type: 'array', items: entry } } };
    const value = {
      extra: 1,
      list: [
        { path: 'p', hash: 'h', unknown: 1 },
        { path: '', more: [0, 2] },
      ],
    };
    expect(problems(schema, value)).toEqual([
      'list[1].path is not 1 to 9 characters long',
      'list[1].hash is missing',
      'list[1].more[1] is not between 0 and 1',
    ]);
  });

  test('may have one schema for all members that it does not name', () => {
    const schema: Schema = { type: 'object', additionalProperties: { type: 'string' } };
    expect([...checker.problems(schema, { a: 'x', b: 1 }, 'headers')].map(sentence)).toEqual([
      'headers.b is not a string',
    ]);
  });

  test('takes one of several ways, and complains as the first of them', () => {
    const schema: Schema = { anyOf: [text(1, 3), integer(0, 9)] };
    expect([problems(schema, 'x'), problems(schema, 5)]).toEqual([[], []]);
    expect(problems(schema, true)).toEqual(['the body is not a string']);
  });

  test('asks for more where a condition holds', () => {
    const schema: Schema = {
      properties: { kind: { type: 'string' } },
      allOf: [{ if: { properties: { kind: oneOf('login') } }, then: { required: ['user'] } }],
    };
    expect(problems(schema, { kind: 'file' })).toEqual([]);
    expect(problems(schema, { kind: 'login', user: 'x' })).toEqual([]);
    expect(problems(schema, { kind: 'login' })).toEqual(['user is missing']);
  });
});

import { describe, expect, it } from '@jest/globals';

import { Flag, ListOf, ObjectOf, OneOf, Text, Whole, requiring } from './fields.js';
import { report } from './report.js';
import { MAX_VIOLATIONS } from '../problems/violation.js';

class Wheel {
  @Whole(10, 30)
  inches!: number;

  @Text(1, 8, { optional: true })
  maker?: string;
}

class Lock {
  @Flag()
  shut!: boolean;
}

class Bicycle {
  @OneOf(['red', 'blue'])
  colour!: string;

  @ListOf(() => Wheel, { min: 1, max: 300 }, { optional: true })
  wheels?: Wheel[];

  @ObjectOf(() => Lock, { optional: true })
  lock?: Lock;
}

const pointersOf = (value: unknown) => report(Bicycle, value).map(({ pointer, rule }) => [pointer, rule]);

describe('a report', () => {
  it('is empty for what is valid', () => {
    expect(
      report(Bicycle, { colour: 'red', wheels: [{ inches: 26, maker: 'x' }], lock: { shut: true } }),
    ).toEqual([]);
  });

  it('names everything that is wrong, at every level, with what is allowed', () => {
    const value = {
      colour: 'green',
      wheels: [{ inches: 26 }, { inches: 9, maker: '' }, {}],
      lock: { shut: 'yes' },
    };
    expect(report(Bicycle, value)).toEqual([
      {
        pointer: '/colour',
        rule: 'one_of',
        message: 'colour must be one of: red, blue',
        allowed: ['red', 'blue'],
      },
      {
        pointer: '/wheels/1/inches',
        rule: 'integer',
        message: 'inches must be a whole number from 10 to 30',
        allowed: '10 to 30',
      },
      {
        pointer: '/wheels/1/maker',
        rule: 'text',
        message: expect.stringContaining('1 to 8 characters'),
        allowed: '1 to 8 characters',
      },
      { pointer: '/wheels/2/inches', rule: 'required', message: 'inches is required', allowed: '10 to 30' },
      {
        pointer: '/lock/shut',
        rule: 'boolean',
        message: 'shut must be true or false',
        allowed: [true, false],
      },
    ]);
  });

  it('names an unknown field, what there is, and what was probably meant', () => {
    expect(report(Bicycle, { colour: 'red', wheles: 1, lock: { shut: true, 'a/b~c': 1 } })).toEqual([
      {
        pointer: '/wheles',
        rule: 'unknown_field',
        message: '"wheles" is not a field here; did you mean wheels?',
        allowed: ['colour', 'wheels', 'lock'],
      },
      {
        pointer: '/lock/a~1b~0c',
        rule: 'unknown_field',
        message: '"a/b~c" is not a field here',
        allowed: ['shut'],
      },
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', ''])(
    'takes the name %j for no field of anything',
    (name) => {
      const value: unknown = JSON.parse(
        `{"colour":"red","${name}":{"x":1},"wheels":[{"inches":26,"${name}":1}]}`,
      );
      expect(pointersOf(value)).toEqual([
        [`/${name}`, 'unknown_field'],
        [`/wheels/0/${name}`, 'unknown_field'],
      ]);
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    },
  );

  it('distinguishes a list that is none from an item that is none', () => {
    expect(pointersOf({ colour: 'red', wheels: { inches: 26 } })).toEqual([['/wheels', 'list']]);
    expect(pointersOf({ colour: 'red', wheels: [] })).toEqual([['/wheels', 'list']]);
    expect(pointersOf({ colour: 'red', wheels: [{ inches: 26 }, [], null] })).toEqual([
      ['/wheels', 'list'],
      ['/wheels/1', 'object'],
      ['/wheels/2', 'object'],
    ]);
    expect(pointersOf({ colour: 'red', lock: [] })).toEqual([['/lock', 'object']]);
  });

  it.each([[null], [[]], ['text'], [1], [undefined]])('of %j says that an object is expected', (value) => {
    expect(report(Bicycle, value)).toEqual([
      { pointer: '', rule: 'object', message: 'the body must be a JSON object' },
    ]);
  });

  it('of a value nested beyond any sense says only that', () => {
    const deep: unknown = JSON.parse(`${'{"lock":'.repeat(50)}1${'}'.repeat(50)}`);
    expect(pointersOf(deep)).toEqual([['', 'depth']]);
  });

  it('stops at a number of violations that a person could still read', () => {
    const wheels = Array.from({ length: 300 }, () => ({}));
    expect(report(Bicycle, { colour: 'red', wheels })).toHaveLength(MAX_VIOLATIONS);
    const unknown = Object.fromEntries(wheels.map((_, index) => [`field${index}`, 1]));
    expect(report(Bicycle, unknown)).toHaveLength(MAX_VIOLATIONS);
  });

  it('shortens a name that goes on and on, in the message and in the pointer', () => {
    const [violation] = report(Bicycle, { colour: 'red', lock: { shut: true, ['x'.repeat(100_000)]: 1 } });
    expect(violation).toMatchObject({ pointer: '/lock', rule: 'unknown_field' });
    expect(JSON.stringify(violation).length).toBeLessThan(300);
  });

  it('never repeats a value', () => {
    const secret = 'planted-secret';
    const value = {
      colour: secret,
      wheels: [{ inches: secret, maker: `${secret}\n` }],
      lock: { shut: secret },
    };
    expect(JSON.stringify(report(Bicycle, value))).not.toContain(secret);
  });
});

describe('a subclass that requires what its parent leaves open', () => {
  const Racer = requiring(Bicycle, 'Racer', 'racing', ['wheels']);

  it('says for what', () => {
    expect(report(Racer, { colour: 'red' })).toEqual([
      { pointer: '/wheels', rule: 'required_for', message: 'wheels is required for racing' },
    ]);
    expect(report(Racer, { colour: 'red', wheels: [{ inches: 26 }] })).toEqual([]);
  });

  it('leaves its parent as it was', () => {
    expect(report(Bicycle, { colour: 'red' })).toEqual([]);
  });

  it('cannot require what does not exist', () => {
    expect(() => requiring(Bicycle, 'Tandem', 'racing', ['saddle'])).toThrow('saddle');
  });
});

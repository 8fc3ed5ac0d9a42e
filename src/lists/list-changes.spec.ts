import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { itemIdOf, type WireItem } from '../hss/index.js';
import { changeCommandOf, changeViolations, itemFieldsOf } from './list-changes.js';
import { wireOf } from './readers.js';
import { classesOf } from './list.dto.js';
import { LOGIN_WHITELIST as LIST } from './login-whitelist.js';

const REMOVAL = LIST.changes[0]!;
const FIELDS = itemFieldsOf(LIST, REMOVAL);
const TYPE = classesOf(LIST).requests.get(REMOVAL)!;

/** So many logins, no two of them the same, with anything in their names. */
const logins = fc.tuple(fc.integer({ min: 1, max: 350 }), fc.string({ maxLength: 8 })).map(([count, name]) =>
  Array.from({ length: count }, (_, index) => ({
    privateIp: `10.0.0.${index % 7}`,
    loginIp: `203.0.113.${index % 11}`,
    loginUserName: `${index}-${name.replaceAll(/\p{C}/gu, '')}`,
  })),
);

describe('a command for items of a list', () => {
  it('has every item in one body, in order, and at most 100 in each', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { bodies } = changeCommandOf(LIST, REMOVAL, { items });
        const parts = bodies.map(({ text }) => (JSON.parse(text) as { data_list: WireItem[] }).data_list);
        expect(parts.flat()).toEqual(items.map((item) => wireOf(FIELDS, item)));
        expect(parts.slice(0, -1).every(({ length }) => length === 100)).toBe(true);
        expect(parts.at(-1)?.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('gives each item the id that its row of the list has, and no two of them the same', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { items: ordered = [] } = changeCommandOf(LIST, REMOVAL, { items });
        const row = (item: (typeof items)[number]) => ({
          ...wireOf(FIELDS, item),
          update_time: 1,
          remarks: 'x',
        });
        expect(ordered.map(({ id }) => id)).toEqual(items.map((item) => itemIdOf(LIST.list, row(item))));
        expect(new Set(ordered.map(({ id }) => id)).size).toBe(items.length);
        expect(ordered.map(({ target }) => target)).toEqual(items);
      }),
    );
  });

  it('is refused where it names an item twice, by the second place of each', () => {
    fc.assert(
      fc.property(logins, fc.nat(), (items, which) => {
        const violationsOf = (body: object) => changeViolations(LIST, REMOVAL, TYPE, body, 1_000);
        const again = which % items.length;
        const violations = violationsOf({ items: [...items, items[again]] });
        expect(violations.map(({ pointer, rule }) => [pointer, rule])).toEqual([
          [`/items/${items.length}`, 'distinct'],
        ]);
        expect(violationsOf({ items })).toEqual([]);
      }),
    );
  });
});

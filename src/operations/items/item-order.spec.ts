import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CHANGED_LIST, itemIdOf, type WireItem } from '../../hss/index.js';
import { LOGIN_WHITELIST_REMOVAL as REMOVAL } from './item-kinds.js';
import { itemCommandOf } from './item-command.js';
import { itemRequestViolations } from './item-rules.js';

/** So many logins, no two of them the same, with whatever in their names. */
const logins = fc.tuple(fc.integer({ min: 1, max: 350 }), fc.string({ maxLength: 8 })).map(([count, name]) =>
  Array.from({ length: count }, (_, index) => ({
    privateIp: `10.0.0.${index % 7}`,
    loginIp: `203.0.113.${index % 11}`,
    loginUserName: `${index}-${name.replaceAll(/\p{C}/gu, '')}`,
  })),
);

describe('an order for items of a list', () => {
  it('has every item in one body, in order, and at most 100 in each', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { bodies } = itemCommandOf(REMOVAL, { items });
        const parts = bodies.map(({ text }) => (JSON.parse(text) as { data_list: WireItem[] }).data_list);
        expect(parts.flat()).toEqual(items.map((item) => REMOVAL.wire(item)));
        expect(parts.slice(0, -1).every(({ length }) => length === 100)).toBe(true);
        expect(parts.at(-1)?.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('gives each item the id that its line of the list has, and no two of them the same', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { items: ordered = [] } = itemCommandOf(REMOVAL, { items });
        const line = (item: (typeof items)[number]) => ({
          ...REMOVAL.wire(item),
          update_time: 1,
          remarks: 'x',
        });
        const list = CHANGED_LIST[REMOVAL.operation];
        expect(ordered.map(({ id }) => id)).toEqual(items.map((item) => itemIdOf(list, line(item))));
        expect(new Set(ordered.map(({ id }) => id)).size).toBe(items.length);
        expect(ordered.map(({ target }) => target)).toEqual(items);
      }),
    );
  });

  it('is refused where it names an item twice, by the second place of each', () => {
    fc.assert(
      fc.property(logins, fc.nat(), (items, which) => {
        const again = which % items.length;
        const violations = itemRequestViolations(REMOVAL, { items: [...items, items[again]] }, 1_000);
        expect(violations.map(({ pointer, rule }) => [pointer, rule])).toEqual([
          [`/items/${items.length}`, 'distinct'],
        ]);
        expect(itemRequestViolations(REMOVAL, { items }, 1_000)).toEqual([]);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CHANGED_LIST, itemIdOf, type WireItem } from '../../../upstream/index.js';
import { LOGIN_WHITELIST_REMOVAL as REMOVAL } from './item-kinds.js';
import { itemOrderOf } from './item-order.js';
import { itemRequestViolations } from './item-rules.js';

const login = fc.record({
  privateIp: fc.constantFrom('10.0.0.1', '10.0.0.2'),
  loginIp: fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/\p{C}/u.test(text)),
  loginUserName: fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/\p{C}/u.test(text)),
});
const logins = fc.uniqueArray(login, {
  minLength: 1,
  maxLength: 350,
  selector: (each) => JSON.stringify(each),
});

describe('an order for items of a list', () => {
  it('has every item in one body, in order, and at most 100 in each', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { bodies } = itemOrderOf(REMOVAL, { items });
        const parts = bodies.map((body) => (JSON.parse(body) as { data_list: WireItem[] }).data_list);
        expect(parts.flat()).toEqual(items.map((item) => REMOVAL.wire(item)));
        expect(parts.slice(0, -1).every(({ length }) => length === 100)).toBe(true);
        expect(parts.at(-1)?.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('gives each item the id that its line of the list has, and no two of them the same', () => {
    fc.assert(
      fc.property(logins, (items) => {
        const { items: ordered = [] } = itemOrderOf(REMOVAL, { items });
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

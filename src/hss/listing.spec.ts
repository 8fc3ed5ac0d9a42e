import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { listingIn, listingOf, pageAt, restAfter, type PageMark, type Rest } from './listing.js';

const row = { event_id: 'e' };

describe('a page of a listing', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an array', []],
    ['an array of rows', [row]],
    ['a text', 'ok'],
    ['a number', 0],
    ['an object without a list', {}],
    ['a total without a list', { total_num: 3 }],
    ['null for a list, of a total that is not 0', { total_num: 1, data_list: null }],
    ['null for a list, without a total', { data_list: null }],
    ['an object for a list', { total_num: 0, data_list: {} }],
    ['a text for a list', { total_num: 1, data_list: 'row' }],
    ['null among its rows', { total_num: 2, data_list: [row, null] }],
    ['a text among its rows', { total_num: 2, data_list: ['row', row] }],
    ['an array among its rows', { total_num: 1, data_list: [[row]] }],
    ['a total that is a text', { total_num: '1', data_list: [row] }],
    ['a total that is below zero', { total_num: -1, data_list: [] }],
    ['a total that is a fraction', { total_num: 0.5, data_list: [] }],
    ['a total that is an object', { total_num: {}, data_list: [] }],
    ['a total that is false', { total_num: false, data_list: [] }],
  ])('is none: %s', (_, document) => {
    expect(listingOf(document)).toBeUndefined();
  });

  it.each<[string, unknown, object]>([
    ['empty', { total_num: 0, data_list: [] }, { rows: [], total: 0 }],
    ['without a list, where the total is 0', { total_num: 0 }, { rows: [], total: 0 }],
    ['with null for a list, where the total is 0', { total_num: 0, data_list: null }, { rows: [], total: 0 }],
    ['of one row', { total_num: 1, data_list: [row], remain_num: 5 }, { rows: [row], total: 1 }],
    ['without a total', { data_list: [row] }, { rows: [row] }],
    ['with null for a total', { total_num: null, data_list: [] }, { rows: [] }],
    ['with an empty text for a total', { total_num: '', data_list: [row] }, { rows: [row] }],
    ['shorter than its total', { total_num: 700, data_list: [row] }, { rows: [row], total: 700 }],
    ['of rows without members', { data_list: [{}] }, { rows: [{}] }],
  ])('is read: %s', (_, document, expected) => {
    expect(listingOf(document)).toEqual(expected);
  });

  it.each(['', ' ', '<html>', '{"data_list":[', 'null', '[]', '[{"event_id":"e"}]'])(
    'is none where the text is %j',
    (text) => {
      expect(listingIn(text)).toBeUndefined();
    },
  );

  it('is all of what was sent or nothing, whatever was sent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ total_num: fc.jsonValue(), data_list: fc.jsonValue() }, { requiredKeys: [] }),
          fc.record({
            total_num: fc.nat(),
            data_list: fc.array(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue())),
          }),
        ),
        (document) => {
          const found = listingIn(JSON.stringify(document), JSON.parse);
          if (found === undefined) return;
          const { total_num, data_list } = document as { total_num?: unknown; data_list?: unknown };
          // JSON knows no zero with a sign.
          const total = total_num === 0 ? 0 : total_num;
          expect(found.rows).toEqual(Array.isArray(data_list) ? JSON.parse(JSON.stringify(data_list)) : []);
          if (found.total !== undefined) expect(found.total).toBe(total);
          for (const each of found.rows) expect(typeof each === 'object' && each !== null).toBe(true);
          if (!Array.isArray(data_list)) expect(total).toBe(0);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is none where it cannot be parsed, for whatever reason', () => {
    const deep = `{"data_list":[{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`;
    expect(() => listingIn(deep)).not.toThrow();
    expect(
      listingIn('{}', () => {
        throw new RangeError('too deep');
      }),
    ).toBeUndefined();
  });
});

describe('what follows a page', () => {
  it.each<[string, number, number | undefined, number, Rest]>([
    ['rows that reach the total', 3, 13, 10, 'end'],
    ['rows that do not reach the total', 2, 13, 10, 'more'],
    ['rows beyond the total', 5, 13, 10, 'more'],
    ['rows without a total', 5, undefined, 0, 'more'],
    ['no rows at the total', 0, 10, 10, 'end'],
    ['no rows beyond a total that was too small', 0, 1, 10, 'end'],
    ['no rows where nothing is', 0, 0, 0, 'end'],
    ['no rows without a total', 0, undefined, 0, 'end_unconfirmed'],
    ['no rows before the total', 0, 13, 10, 'contradicted'],
  ])('of %s', (_, count, total, offset, rest) => {
    const rows = Array.from({ length: count }, () => row);
    expect(restAfter({ rows, ...(total !== undefined && { total }) }, offset)).toBe(rest);
  });
});

describe('a page that is read on from a mark', () => {
  /** Five rows at a time of those given, each its own name. */
  const after = (mark: PageMark, rows: readonly string[], counts = true) =>
    pageAt(
      mark,
      5,
      (offset, limit) =>
        Promise.resolve({
          rows: rows.slice(offset, offset + limit),
          ...(counts && { total: rows.length }),
        }),
      (row: string) => row,
    );
  const ROWS = [...'abcdefgh'];

  it('follows the page before while nothing moves', async () => {
    const first = await after({ offset: 0 }, ROWS);
    expect(first).toMatchObject({ rows: [...'abcde'], rest: 'more', moved: false });
    const mark = first.markAfter(3);
    expect(mark).toEqual({ offset: 3, seen: { last: 'c', total: 8 } });
    expect(await after(mark, ROWS)).toMatchObject({ rows: [...'defgh'], rest: 'end', moved: false });
  });

  it.each([
    ['a row came in before it', ['x', ...ROWS]],
    ['a row is another', ['a', 'b', 'x', ...'defgh']],
  ])('has moved where %s', async (_, rows) => {
    const { markAfter } = await after({ offset: 0 }, ROWS);
    expect((await after(markAfter(3), rows)).moved).toBe(true);
  });

  it.each<[string, readonly string[], boolean]>([
    ['nothing moved', ROWS, true],
    ['rows came in before it', ['x', 'y', ...ROWS], true],
    ['a row came in before it and another fell out', ['x', ...ROWS.slice(0, 7)], false],
    ['the order is another', ROWS.toReversed(), false],
    ['a row fell out', ROWS.slice(1), false],
  ])('is known to skip no row, or not, where %s', async (_, rows, skipsNone) => {
    const { markAfter } = await after({ offset: 0 }, ROWS);
    expect((await after(markAfter(3), rows)).skipsNone).toBe(skipsNone);
  });

  it('is not known to skip none where upstream gives no total', async () => {
    const { markAfter } = await after({ offset: 0 }, ROWS, false);
    expect((await after(markAfter(3), ROWS, false)).skipsNone).toBe(false);
  });

  it('goes back by as many rows as are gone, and skips none that stays', async () => {
    const { markAfter } = await after({ offset: 0 }, ROWS);
    const left = [...'bdefgh'];
    const page = await after(markAfter(3), left);
    expect(page).toMatchObject({ rows: [], rest: 'more', moved: true });
    expect(page.markAfter(0)).toEqual({ offset: 1 });
    expect((await after(page.markAfter(0), left)).rows).toEqual([...'defgh']);
  });

  it('takes no row for gone where upstream gives no total', async () => {
    const { markAfter } = await after({ offset: 0 }, ROWS, false);
    expect(markAfter(2).seen).toEqual({ last: 'b', total: Infinity });
    expect(await after(markAfter(2), ROWS.slice(0, 4), false)).toMatchObject({ rows: ['c', 'd'] });
  });
});

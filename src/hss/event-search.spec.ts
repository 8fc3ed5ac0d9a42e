import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ProjectConfig } from '../config/config.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';
import type { HssPlace } from './calls.js';
import { searchAlarms, type AlarmReference } from './event-search.js';
import { listingOf } from './listing.js';

const PLACE: HssPlace = {
  scope: { project: 'p', region: 'r', projectId: 'id', enterpriseProjectId: '0' },
  project: { name: 'p' } as ProjectConfig,
};

const NOW = 1_790_000_000_000;

const alarm = (event_id: string, more: object = {}) => ({
  ...{ event_id, event_class_id: 'c', event_type: 1010, occur_time: NOW - 1_000 },
  ...more,
});

/** What upstream answers to one call: the rows it has then, and what it makes of a page of them. */
interface Cloud {
  readonly rows: (call: number) => readonly object[];
  readonly page?: (page: { total_num: number; data_list: readonly object[] }, call: number) => unknown;
  /** Rows a page at most. */
  readonly most?: number;
}

/** Upstream with a listing of hosts' alarms; containers have none. */
function cloudOf({ rows, page = (same) => same, most = 1_000 }: Cloud) {
  let calls = 0;
  const read = ({ query }: Pick<UpstreamCall, 'query'>) => {
    const asked = new Map(query);
    const [offset, limit] = [Number(asked.get('offset')), Number(asked.get('limit'))];
    const types = query.filter(([name]) => name === 'event_types').map(([, type]) => Number(type));
    const now = (asked.get('category') === 'host' ? rows(calls) : []).filter(
      (row) => types.length === 0 || types.includes((row as { event_type: number }).event_type),
    );
    const shown = now.slice(offset, offset + Math.min(most, limit));
    const listing = listingOf(page({ total_num: now.length, data_list: shown }, calls));
    calls += 1;
    return listing ? Promise.resolve(listing) : Promise.reject(new Error('unreadable'));
  };
  const find = (...references: AlarmReference[]) => searchAlarms(read, PLACE, references, { now: NOW });
  return { find };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => alarm(`e${index}`));

describe('a search for alarms', () => {
  it('finds what is there and denies what is not, whatever pages upstream gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.stringMatching(/^[a-d]{1,4}$/), { maxLength: 40 }),
        fc.integer({ min: 2, max: 50 }),
        fc.stringMatching(/^[a-d]{1,4}$/),
        async (ids, most, wanted) => {
          const { find } = cloudOf({ rows: () => ids.map((id) => alarm(id)), most });
          const { rows, unproven, cutShort } = await find({ eventId: wanted });
          expect([rows.has(wanted), unproven.size, cutShort]).toEqual([ids.includes(wanted), 0, false]);
        },
      ),
    );
  });

  it.each<[string, Cloud]>([
    ['names no total', { rows: () => many(3), page: ({ data_list }) => ({ data_list }) }],
    [
      'names a total that its rows never reach',
      { rows: () => many(3), page: (page) => ({ ...page, total_num: 9 }) },
    ],
    ['gives no rows under its total', { rows: () => many(3), page: (page) => ({ ...page, data_list: [] }) }],
    ['has a row without an id', { rows: () => [...many(3), { event_type: 1010 }] }],
    ['has a row whose id is no text', { rows: () => [...many(3), alarm('x', { event_id: 7 })] }],
    [
      'gives the same page for every offset',
      { rows: () => many(30), page: ({ total_num }) => ({ total_num, data_list: many(10) }) },
    ],
    ['loses a row between two pages', { rows: (call) => many(30).slice(call > 0 ? 1 : 0), most: 10 }],
    [
      'orders its rows anew between two pages',
      { rows: (call) => (call % 2 === 1 ? many(30).reverse() : many(30)), most: 10 },
    ],
  ])('does not deny what it did not find where upstream %s', async (_, cloud) => {
    const nowhere = await cloudOf(cloud).find({ eventId: 'nowhere' });
    expect([...nowhere.unproven]).toEqual(['nowhere']);
    const { rows, unproven } = await cloudOf(cloud).find({ eventId: 'e1' });
    expect(unproven.has('e1')).toBe(!rows.has('e1'));
  });

  it('denies what was not listed when it began, although alarms come in meanwhile', async () => {
    const growing = (call: number) => [
      ...Array.from({ length: call * 3 }, (_, index) => alarm(`new${call}-${index}`)),
      ...many(40),
    ];
    const { find } = cloudOf({ rows: growing, most: 10 });
    const nowhere = await find({ eventId: 'nowhere' });
    expect([nowhere.rows.size, nowhere.unproven.size, nowhere.cutShort]).toEqual([0, 0, false]);
    expect((await cloudOf({ rows: growing, most: 10 }).find({ eventId: 'e39' })).rows.has('e39')).toBe(true);
  });

  it('asks for the same alarms on every page, or an offset would skip some', async () => {
    const rows = many(30).map((row, index) => ({ ...row, event_type: index < 12 ? 1001 : 1010 }));
    const { find } = cloudOf({ rows: () => rows, most: 10 });
    const found = await find({ eventId: 'e3', eventType: 1001 }, { eventId: 'e15', eventType: 1010 });
    expect([...found.rows.keys()].sort()).toEqual(['e15', 'e3']);
  });

  it('never claims more than it saw, whatever upstream answers', async () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const row = fc.oneof(
      { weight: 6, arbitrary: id.map((each) => alarm(each)) },
      { weight: 1, arbitrary: fc.constant({}) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        // A total that the rows reach is all there is to go by, so it is never too small here.
        fc.array(fc.constantFrom(0, 0, 0, 1, 3), { minLength: 1, maxLength: 5 }),
        id,
        async (states, most, lies, wanted) => {
          const { find } = cloudOf({
            rows: (call) => states[Math.min(call, states.length - 1)] ?? [],
            most,
            page: (page, call) => ({ ...page, total_num: page.total_num + (lies[call % lies.length] ?? 0) }),
          });
          const always = states.every((rows) =>
            rows.some((each) => (each as { event_id?: string }).event_id === wanted),
          );
          const quiet = states.length === 1;
          const found = await find({ eventId: wanted });
          const isDenied = !found.rows.has(wanted) && !found.unproven.has(wanted);
          if (always && quiet) expect(isDenied).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Alarm } from './alarm.js';
import { readStep, type Position, type Step } from './alarm-page.js';

/** An upstream as it documents itself: rows in some order, offsets, a total. */
const row = (eventId: string): Alarm => ({ eventId, host: {}, tags: [], accepts: [], details: [] });
const listing = (rows: readonly string[]) => (offset: number, limit: number) =>
  Promise.resolve({ rows: rows.slice(offset, offset + limit).map(row), total: rows.length });
const idsOf = ({ alarms }: Step) => alarms.map(({ eventId }) => eventId);

const START: Position = { category: 'host', offset: 0 };
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40 });

describe('paging by offsets', () => {
  it('shows every row once, in order, while nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 1, max: 12 }), async (rows, limit) => {
        const seen: string[] = [];
        for (let position: Position | undefined = START; position;) {
          const page: Step = await readStep(position, limit, listing(rows));
          expect(page.moved).toBe(false);
          seen.push(...idsOf(page));
          position = page.next;
        }
        expect(seen).toEqual(rows);
      }),
    );
  });

  it('skips no row that stays, whatever falls out between pages, and says that something did', async () => {
    await fc.assert(
      fc.asyncProperty(
        ids,
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.array(fc.nat(40), { maxLength: 8 }), { maxLength: 10 }),
        async (rows, limit, falls) => {
          const seen = new Set<string>();
          let left = [...rows];
          let told = true;
          for (let position: Position | undefined = START, turn = 0; position; turn += 1) {
            const page: Step = await readStep(position, limit, listing(left));
            if (turn > 0 && !told) expect(page.moved).toBe(true);
            for (const eventId of idsOf(page)) seen.add(eventId);
            position = page.next;
            const gone = new Set(falls[turn]?.map((index) => left[index]));
            const rest = left.filter((id) => !gone.has(id));
            told = rest.length === left.length;
            left = rest;
          }
          expect(left.filter((id) => !seen.has(id))).toEqual([]);
        },
      ),
    );
  });

  it('tells rows that come in before the place where it goes on', async () => {
    const first = await readStep(START, 2, listing(['a', 'b', 'c', 'd']));
    const second = await readStep(first.next ?? START, 2, listing(['new', 'a', 'b', 'c', 'd']));
    expect(second.moved).toBe(true);
    expect(idsOf(second)).toEqual(['b', 'c']);
  });

  it('ends where upstream has no more rows, whatever it counts', async () => {
    const none = await readStep(START, 2, () => Promise.resolve({ rows: [], total: 100 }));
    expect(none).toEqual({ alarms: [], moved: false, next: undefined });
    const uncounted = await readStep(START, 2, () => Promise.resolve({ rows: [row('a')] }));
    expect(uncounted.next).toEqual({ category: 'host', offset: 1 });
  });
});

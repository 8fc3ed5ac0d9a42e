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

  it('goes on until no row is left where upstream counts none, or too few', async () => {
    const uncounted = await readStep(START, 2, () => Promise.resolve({ rows: [row('a')] }));
    expect(uncounted.next).toEqual({ category: 'host', offset: 1 });
    const none = await readStep(uncounted.next ?? START, 2, () => Promise.resolve({ rows: [] }));
    expect(none).toEqual({ alarms: [], moved: false, next: undefined });
    const few = await readStep(START, 2, () => Promise.resolve({ rows: [row('a'), row('b')], total: 1 }));
    expect(few.next).toMatchObject({ category: 'host', offset: 2 });
    const end = await readStep(few.next ?? START, 2, () => Promise.resolve({ rows: [row('b')], total: 1 }));
    expect(end).toEqual({ alarms: [], moved: false, next: undefined });
  });

  it('does not end, and does not go on, where the rows never reach the total', async () => {
    const lost = (rows: Alarm[]) => () => Promise.resolve({ rows, total: 100 });
    await expect(readStep(START, 2, lost([]))).rejects.toMatchObject({ code: 'upstream_unreadable' });
    const first = await readStep(START, 2, lost([row('a'), row('b')]));
    for (const rows of [[], [row('b')]]) {
      await expect(readStep(first.next ?? START, 2, lost(rows))).rejects.toMatchObject({
        code: 'upstream_unreadable',
      });
    }
  });
});

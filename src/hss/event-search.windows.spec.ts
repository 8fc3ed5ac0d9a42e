import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';
import { windowsFor, type AlarmReference } from './event-search.js';

const NOW = Date.UTC(2026, 10, 22);
const reference = (occurTime: number | bigint, index: number): AlarmReference => ({
  eventId: `event-${index}`,
  occurTime,
});

describe('the windows in which alarms of known times are looked for', () => {
  const times = fc.array(
    fc.oneof(
      fc.integer({ min: NOW - 1_000_000, max: NOW }),
      fc.integer({ min: FIRST_MOMENT, max: LAST_MOMENT }),
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.nat(5_000),
    ),
    { minLength: 1, maxLength: 200 },
  );

  it('hold every alarm once, with its whole second, and are few', () => {
    fc.assert(
      fc.property(times, (given) => {
        const all = windowsFor(given.map(reference), NOW);
        const windows = all.filter(({ atMost }) => atMost === undefined);
        const [span] = all.filter(({ atMost }) => atMost !== undefined);
        expect(windows.map(({ partOf }) => partOf)).toEqual(windows.map(() => span));
        if (span) expect(span.references).toHaveLength(given.length);
        expect(windows.length === 1).toBe(span === undefined);
        expect(windows.length).toBeLessThanOrEqual(40);
        const held = windows.flatMap(({ references }) => references.map(({ eventId }) => eventId));
        expect(held.sort()).toEqual(given.map((_, index) => `event-${index}`).sort());
        for (const { from = -Infinity, to = Infinity, references } of windows) {
          expect(from === -Infinity || (from >= FIRST_MOMENT && from <= LAST_MOMENT)).toBe(true);
          expect(to === Infinity || (to >= FIRST_MOMENT && to <= LAST_MOMENT)).toBe(true);
          for (const { occurTime = 0 } of references) {
            // A time that no query can say is at an open end.
            const time = Number(occurTime);
            if (time - 999 >= FIRST_MOMENT) expect(from).toBeLessThanOrEqual(time - 999);
            else expect(from).toBe(-Infinity);
            if (time + 999 <= LAST_MOMENT) expect(to).toBeGreaterThanOrEqual(time + 999);
            else expect(to).toBe(Infinity);
          }
        }
      }),
    );
  });

  it('are narrow around alarms that are far from each other', () => {
    const days = [1, 40, 400].map((day) => NOW - day * 86_400_000);
    const [span, ...windows] = windowsFor(days.map(reference), NOW);
    // One call for each is as quick as the whole span where that has no more than three calls' worth.
    expect(span?.atMost).toBe(1_500);
    expect(windows.map(({ from = 0, to = 0 }) => to - from)).toEqual([2_000, 2_000, 2_000]);
  });

  it('leave out nothing but what is widest apart where there would be too many', () => {
    const apart = Array.from({ length: 100 }, (_, index) => NOW - index * 3_600_000 * (index < 20 ? 50 : 1));
    const [, ...windows] = windowsFor(apart.map(reference), NOW);
    expect(windows.length).toBeGreaterThan(15);
    expect(windows.length).toBeLessThanOrEqual(40);
  });
});

describe('the windows in which alarms of unknown times are looked for', () => {
  it('are all of time at once, and then, for where that is too much, part by part, the newest first', () => {
    const [whole, ...windows] = windowsFor([{ eventId: 'e' }], NOW);
    expect(whole).toEqual({ atMost: 5_000, references: [{ eventId: 'e' }] });
    expect(new Set(windows.map(({ partOf }) => partOf))).toEqual(new Set([whole]));
    expect(windows[0]).not.toHaveProperty('to');
    expect(windows.at(-1)).not.toHaveProperty('from');
    for (const [index, { to }] of windows.entries()) {
      if (index > 0) expect(to).toBe((windows[index - 1]?.from ?? 0) - 1);
    }
  });
});

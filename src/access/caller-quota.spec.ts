import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { SlidingCount } from './caller-quota.js';

const WINDOW = 60_000;

describe('a sliding count', () => {
  it('never lets more than allowed into any window', () => {
    const steps = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 4 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 4, max: 20 }), (each, most) => {
        const count = new SlidingCount(WINDOW);
        const taken: { at: number; amount: number }[] = [];
        let now = 1_786_880_450_009;
        for (const [later, amount] of each) {
          now += later;
          if (count.count(now) + amount > most) {
            const wait = count.untilAtMost(most - amount, now);
            expect(wait).toBeGreaterThan(0);
            continue;
          }
          count.add(amount, now);
          taken.push({ at: now, amount });
          const inWindow = taken.filter(({ at }) => at > now - WINDOW);
          expect(inWindow.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('has room again after as long as it says, and not much before', () => {
    fc.assert(
      fc.property(fc.nat(59_999), fc.integer({ min: 1, max: 9 }), (later, most) => {
        const count = new SlidingCount(WINDOW);
        const start = 1_786_880_450_009;
        count.add(10, start);
        const wait = count.untilAtMost(most, start + later);
        expect(count.count(start + later + wait - 1)).toBe(10);
        expect(count.count(start + later + wait)).toBe(0);
        expect(later + wait).toBeLessThanOrEqual(WINDOW + 1_000);
      }),
    );
  });
});

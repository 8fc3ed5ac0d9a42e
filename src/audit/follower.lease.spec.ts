import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';

import { numbersTo, scene } from './follower.fixture.js';
import { DeliveryFailed, type Placed } from './follower.js';

Logger.overrideLogger(false);

describe('followers of one name', () => {
  const LEASE_MS = 30_000;

  it('deliver one at a time, and another one when the first has gone', async () => {
    const { clock, numbers, positions, begin } = scene(LEASE_MS);
    const by: string[] = [];
    const gone = new Set<string>();
    const deliverAs = (who: string) => (items: readonly Placed[]) => {
      if (gone.has(who)) return new Promise<number>(() => undefined);
      by.push(...items.map(({ position }) => `${who}${position}`));
      return Promise.resolve(items.length);
    };
    const first = await begin({ deliver: deliverAs('a') });
    const second = await begin({ deliver: deliverAs('b') });
    numbers.last = 2;
    for (let looks = 0; looks < 60; looks += 1) {
      await first.look();
      await second.look();
      await clock.advance(2_000);
    }
    expect(by).toEqual(['a1', 'a2']);
    expect(second.lag).toBe(0);
    await first.stop(0);
    numbers.last = 3;
    await clock.advance(5_000);
    expect(by).toEqual(['a1', 'a2', 'b3']);
    gone.add('b');
    const third = await begin({ deliver: deliverAs('c') });
    numbers.last = 4;
    await clock.advance(LEASE_MS / 2);
    expect(by).toHaveLength(3);
    await clock.advance(LEASE_MS);
    await third.look();
    await clock.advance(5_000);
    expect(by.slice(3)).toEqual(['c4']);
    expect(positions.saved).toBe(4);
  });

  it('miss nothing and begin nothing out of order, whatever fails and whenever they end', async () => {
    const plan = fc.array(
      fc.record({
        adds: fc.integer({ min: 0, max: 30 }),
        fails: fc.boolean(),
        delivered: fc.integer({ min: 0, max: 10 }),
        ends: fc.constantFrom('not', 'orderly', 'killed'),
        reachable: fc.boolean(),
        passesMs: fc.integer({ min: 0, max: 40_000 }),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const { clock, numbers, positions, begin } = scene(LEASE_MS);
        const arrived: number[] = [];
        let now = { fails: false, delivered: 0 };
        const start = () => {
          let isAlive = true;
          const deliver = (items: readonly Placed[]) => {
            if (!isAlive) return new Promise<number>(() => undefined);
            const some = now.fails ? items.slice(0, now.delivered) : items;
            arrived.push(...some.map(({ position }) => position));
            return now.fails
              ? Promise.reject(new DeliveryFailed('down', { delivered: some.length }))
              : Promise.resolve(items.length);
          };
          return begin({ deliver }).then((follower) => ({ follower, kill: () => (isAlive = false) }));
        };
        let running = await start();
        for (const step of steps) {
          now = step;
          numbers.last += step.adds;
          positions.isReachable = step.reachable;
          await running.follower.look();
          await clock.advance(step.passesMs);
          if (step.ends === 'not') continue;
          running.kill();
          if (step.ends === 'orderly') await Promise.all([running.follower.stop(0), clock.advance(0)]);
          running = await start();
        }
        now = { fails: false, delivered: 0 };
        positions.isReachable = true;
        for (let looks = 0; looks < 50; looks += 1) {
          await running.follower.look();
          await clock.advance(10_000);
        }
        expect([...new Set(arrived)]).toEqual(numbersTo(numbers.last));
        expect(positions.saved).toBe(numbers.last);
      }),
      { numRuns: 150 },
    );
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { numbersTo, scene, settled } from './follower.fixture.js';
import { DeliveryFailed } from './follower.js';

Logger.overrideLogger(false);

const MINUTE = 60_000;

describe('a follower', () => {
  it('delivers what there is, and what comes, in order and each once while all goes well', async () => {
    const { clock, numbers, arrived, begin } = scene();
    numbers.last = 25;
    const follower = await begin();
    await clock.advance(MINUTE);
    expect(arrived).toEqual(numbersTo(25));
    numbers.last = 27;
    follower.wake();
    await settled();
    expect(arrived).toEqual(numbersTo(27));
  });

  it('finds what nobody woke it for', async () => {
    const { clock, numbers, arrived, begin } = scene();
    const follower = await begin();
    await clock.advance(MINUTE);
    numbers.last = 3;
    await follower.look();
    await settled();
    expect(arrived).toEqual([1, 2, 3]);
  });

  it('reads nothing while there is nothing new', async () => {
    const { clock, numbers, begin } = scene();
    numbers.last = 3;
    const follower = await begin();
    await clock.advance(MINUTE);
    const before = numbers.readings;
    for (let looks = 0; looks < 100; looks += 1) await follower.look();
    await clock.advance(MINUTE);
    expect(numbers.readings).toBe(before);
  });

  it('begins at what comes next, where it is to', async () => {
    const { clock, numbers, arrived, begin } = scene();
    numbers.last = 5;
    const follower = await begin({ from: 'now' });
    numbers.last = 6;
    follower.wake();
    await clock.advance(MINUTE);
    expect(arrived).toEqual([6]);
  });

  it.each(['at its start', 'while it runs'])(
    'begins at the first there is where its position lies beyond the end, %s',
    async (when) => {
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { clock, numbers, positions, arrived, begin } = scene();
      const isAtStart = when === 'at its start';
      [numbers.last, positions.saved] = isAtStart ? [25, 30] : [30, undefined];
      const follower = await begin();
      if (!isAtStart) {
        await clock.advance(MINUTE);
        arrived.length = 0;
        numbers.last = 25;
        follower.wake();
      }
      await clock.advance(MINUTE);
      numbers.last = 31;
      follower.wake();
      await clock.advance(MINUTE);
      expect(arrived).toEqual(numbersTo(31));
      expect(positions.saved).toBe(31);
      expect(error.mock.calls).toEqual([
        [{ follower: 'one', position: 30, last: 25 }, expect.stringContaining('beyond the end')],
      ]);
      error.mockRestore();
    },
  );

  it('delivers nothing while it is to wait, and what there is then', async () => {
    const { clock, numbers, arrived, begin } = scene();
    let waits = true;
    const follower = await begin({ waits: () => waits });
    numbers.last = 25;
    await follower.look();
    await clock.advance(MINUTE);
    expect(arrived).toEqual([]);
    expect(follower.lag).toBe(25);
    waits = false;
    await clock.advance(MINUTE);
    expect(arrived).toEqual(numbersTo(25));
  });

  it('writes its position once a second at most, and in the end', async () => {
    const { clock, numbers, positions, begin } = scene();
    const follower = await begin();
    const before = positions.writes;
    for (let each = 0; each < 100; each += 1) {
      numbers.last += 1;
      follower.wake();
      await clock.advance(100);
    }
    expect(positions.writes - before).toBeLessThanOrEqual(11);
    await clock.advance(2_000);
    expect(positions.saved).toBe(100);
  });

  it('waits longer after each failure, by chance and up to a minute, whatever wakes it', async () => {
    const { clock, numbers, begin, failures } = scene();
    numbers.last = 1;
    const tries: number[] = [];
    const follower = await begin({
      deliver: () => {
        tries.push(clock.monotonic());
        return Promise.reject(new DeliveryFailed('down'));
      },
    });
    for (let each = 0; each < 2_000; each += 1) {
      follower.wake();
      await clock.advance(200);
    }
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(waits.slice(0, 9)).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000]);
    expect(failures()).toBe(tries.length);
  });

  it.each([
    [20_000, 20_000],
    [0, 375],
    [86_400_000, 300_000],
  ])('waits as long as it is asked to, within bounds: %d', async (retryAfterMs, expected) => {
    const { clock, numbers, begin } = scene();
    numbers.last = 1;
    const tries: number[] = [];
    await begin({
      deliver: (items) => {
        tries.push(clock.monotonic());
        return tries.length > 1
          ? Promise.resolve(items.length)
          : Promise.reject(new DeliveryFailed('busy', { retryAfterMs }));
      },
    });
    await clock.advance(10 * MINUTE);
    expect(tries).toEqual([0, expected]);
  });

  it('goes on after those that were delivered before a failure', async () => {
    const { clock, numbers, begin } = scene();
    numbers.last = 5;
    const firsts: number[] = [];
    await begin({
      deliver: (items) => {
        firsts.push(items[0]?.position ?? 0);
        return Promise.reject(new DeliveryFailed('down', { delivered: 2 }));
      },
    });
    await clock.advance(MINUTE);
    expect(firsts.slice(0, 3)).toEqual([1, 3, 5]);
  });

  it('delivers nothing more to what wants no more', async () => {
    const { clock, numbers, begin, failures } = scene();
    numbers.last = 5;
    const follower = await begin({
      deliver: () => Promise.reject(new DeliveryFailed('gone', { isFinal: true })),
    });
    await clock.advance(60 * MINUTE);
    follower.wake();
    await clock.advance(60 * MINUTE);
    expect(failures()).toBe(1);
    expect(follower.lag).toBe(5);
  });

  it('says how far it is behind while it cannot deliver', async () => {
    const { clock, numbers, begin } = scene();
    let isDown = true;
    const follower = await begin({
      deliver: (items) =>
        isDown ? Promise.reject(new DeliveryFailed('down')) : Promise.resolve(items.length),
    });
    numbers.last = 40;
    await follower.look();
    await clock.advance(MINUTE);
    expect(follower.lag).toBe(40);
    isDown = false;
    await clock.advance(5 * MINUTE);
    expect(follower.lag).toBe(0);
  });

  it('does nothing while the database is unavailable, and goes on after', async () => {
    const { clock, numbers, positions, arrived, begin } = scene();
    positions.isReachable = false;
    numbers.last = 5;
    const follower = await begin();
    await clock.advance(MINUTE);
    expect([arrived, numbers.readings]).toEqual([[], 0]);
    positions.isReachable = true;
    await clock.advance(MINUTE);
    expect(arrived).toEqual(numbersTo(5));
    positions.isReachable = false;
    numbers.last = 9;
    follower.wake();
    await clock.advance(MINUTE);
    expect(arrived).toEqual(numbersTo(5));
  });

  it('delivers what is new as it stops, and says up to where', async () => {
    const { clock, numbers, positions, arrived, begin } = scene();
    const follower = await begin();
    await clock.advance(MINUTE);
    numbers.last = 35;
    await follower.stop(1_000);
    expect(arrived).toEqual(numbersTo(35));
    expect(positions.saved).toBe(35);
  });

  it('does not wait longer for its end than it is given, and notes nothing of what comes later', async () => {
    const { clock, numbers, positions, begin } = scene();
    numbers.last = 5;
    let arrive = (_: number) => undefined as void;
    const signals: AbortSignal[] = [];
    const follower = await begin({
      deliver: (_, signal) => {
        signals.push(signal);
        return new Promise((resolve) => (arrive = resolve));
      },
    });
    await settled();
    const stopped = follower.stop(1_000);
    await clock.advance(1_000);
    await stopped;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    arrive(5);
    await settled();
    expect(positions.saved).toBe(0);
  });

  it('begins no more of a batch that takes long', async () => {
    const { clock, numbers, begin } = scene();
    numbers.last = 5;
    const sizes: number[] = [];
    await begin({
      deliver: async (items, signal) => {
        let delivered = 0;
        for (; delivered < items.length && !signal.aborted; delivered += 1) await clock.wait(2_000);
        sizes.push(delivered);
        return delivered;
      },
    });
    await clock.advance(MINUTE);
    expect(sizes).toEqual([3, 2]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../test/support/eventually.js';
import { ManualClock } from '../follower.fixture.js';
import { Retention } from './retention.js';

const MINUTE_MS = 60_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retention-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param isHeld whether this process is the one that moves records */
function scene(isHeld: boolean) {
  const clock = new ManualClock();
  let looks = 0;
  const archives = {
    next: () => Promise.resolve(undefined),
    lastMoved: () => Promise.resolve(0),
    firstKept: () => Promise.resolve(Infinity),
  };
  const followers = {
    take: () => Promise.resolve({ position: 0, isHeld: (looks += 1) > 0 && isHeld }),
    release: () => Promise.resolve(),
  };
  const config = { audit: { retention: { days: 1, folder } } };
  const [engine, keeper, opening, state] = [{ query: () => Promise.resolve([]) }, {}, {}, {}];
  const metrics = { watch: () => undefined };
  const parts = [config, engine, archives, followers, keeper, opening, state, clock, metrics];
  const retention = new Retention(...(parts as unknown as ConstructorParameters<typeof Retention>));
  // Files are looked at in between, which takes the turns that it takes.
  const untilLooked = (times: number) =>
    eventually(
      async () => (await clock.advance(0), looks),
      (seen) => seen === times,
    );
  return { clock, retention, untilLooked };
}

describe('what may be moved', () => {
  it.each([
    ['each minute', true, MINUTE_MS],
    ['sooner, where another process moves it', false, 5_000],
  ])('is looked for again: %s', async (_, isHeld, pauseMs) => {
    const { clock, retention, untilLooked } = scene(isHeld);
    retention.onApplicationBootstrap();
    for (const times of [1, 2, 3]) {
      expect(await untilLooked(times)).toBe(times);
      // The next one is planned when this one has ended.
      await eventually(
        () => clock.planned,
        (planned) => planned > 0,
      );
      await clock.advance(pauseMs - 1);
      expect(await untilLooked(times)).toBe(times);
      await clock.advance(1);
    }
    await retention.beforeApplicationShutdown();
  });
});

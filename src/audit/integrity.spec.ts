import { describe, expect, it } from '@jest/globals';

import { ManualClock } from './follower.fixture.js';
import { TrailIntegrity } from './integrity.js';
import type { TrailKeeper } from './trail-keeper.js';

type Parts = ConstructorParameters<typeof TrailIntegrity>;

describe('the verification at a start', () => {
  it('goes on alone where something is found meanwhile', async () => {
    const clock = new ManualClock();
    let [steps, atOnce, most] = [0, 0, 0];
    const work = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      for (let turn = 0; turn < 3; turn += 1) await clock.advance(1);
      atOnce -= 1;
      return { through: 0, covered: 0, faults: [], done: (steps += 1) > 5 };
    };
    const keeper = {
      isShared: true,
      keys: {},
      beginVerification: work,
      verify: work,
      bytes: () => Promise.resolve(0),
    };
    const engine = { query: () => Promise.resolve([]), append: () => Promise.resolve([]), place: String };
    const foreign = () => (keeper as unknown as TrailKeeper).onForeignEnd(7);
    const opening = { open: () => Promise.resolve(foreign()) };
    const [witnessed, metrics] = [{ read: () => Promise.resolve([]) }, { watch: () => undefined }];
    const parts = [engine, keeper, opening, witnessed, clock, metrics, 60_000] as unknown as Parts;
    const integrity = new TrailIntegrity(...parts);

    await integrity.start();
    expect([most, steps]).toEqual([1, 6]);
    integrity.onModuleDestroy();
  });
});

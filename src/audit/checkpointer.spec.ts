import { beforeEach, describe, expect, it } from '@jest/globals';

import { Checkpointer } from './checkpointer.js';
import { ManualClock, settled } from './follower.fixture.js';
import type { Grown } from './tree/growth.js';
import { EMPTY_ROOT } from './tree/merkle-tree.js';

type Parts = ConstructorParameters<typeof Checkpointer>;

describe('checkpoints that somebody asks for', () => {
  let clock: ManualClock;
  let checkpointer: Checkpointer;
  let grown: number;
  let growing: Promise<Grown>;

  beforeEach(() => {
    clock = new ManualClock();
    grown = 0;
    growing = Promise.resolve({ size: 0, root: EMPTY_ROOT });
    const keeper = { grow: () => ((grown += 1), growing) };
    const trail = { beforeClose: () => undefined, onCommitted: () => undefined };
    const [engine, none] = [{}, {}];
    const parts = [engine, keeper, none, none, none, clock, trail] as unknown as Parts;
    checkpointer = new Checkpointer(...parts);
  });

  it('are made once for all who ask meanwhile', async () => {
    const asked = Array.from({ length: 20 }, () => checkpointer.signSoon());
    await clock.advance(0);
    await Promise.all(asked);
    expect(grown).toBe(1);
  });

  it('are made once a second at most', async () => {
    void checkpointer.signSoon();
    await clock.advance(0);
    for (let made = 1; made <= 3; made += 1) {
      const asked = checkpointer.signSoon();
      await clock.advance(999);
      expect(grown).toBe(made);
      await clock.advance(1);
      await asked;
      expect(grown).toBe(made + 1);
    }
  });

  it('are made anew for those who ask while one is made: it may not cover theirs', async () => {
    let end: (size: Grown) => void = () => undefined;
    growing = new Promise((resolve) => (end = resolve));
    const first = checkpointer.signSoon();
    await clock.advance(0);
    const second = checkpointer.signSoon();
    end({ size: 0, root: EMPTY_ROOT });
    await first;
    await settled();
    expect(grown).toBe(1);
    await clock.advance(1_000);
    await second;
    expect(grown).toBe(2);
  });

  it('are asked for again after one could not be made', async () => {
    growing = Promise.reject(new Error('the disk is full'));
    const asked = expect(checkpointer.signSoon()).rejects.toThrow('the disk is full');
    await clock.advance(0);
    await asked;
    growing = Promise.resolve({ size: 0, root: EMPTY_ROOT });
    const again = checkpointer.signSoon();
    await clock.advance(1_000);
    await again;
    expect(grown).toBe(2);
  });
});

import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';

import type { KeyUseStore } from '../../audit/index.js';
import type { LastUse } from '../../audit/callers.store.js';
import { StoppedClock } from './identity.fixture.js';
import { KeyUses } from './api-keys.js';

/** Runs the one task that is scheduled when its time has come. */
class AlarmClock extends StoppedClock {
  #due: { at: number; task: () => void } | undefined;

  override schedule(milliseconds = 0, task = () => undefined as void): () => void {
    this.#due = { at: this.now() + milliseconds, task };
    return () => {
      this.#due = undefined;
    };
  }

  async sleep(milliseconds: number): Promise<void> {
    this.pass(milliseconds);
    const due = this.#due;
    if (due && due.at <= this.now()) due.task();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let clock: AlarmClock;
let kept: LastUse[];
let saved: LastUse[][];
let broken: boolean;
let uses: KeyUses;

beforeEach(async () => {
  Logger.overrideLogger(false);
  clock = new AlarmClock();
  kept = [{ caller: 'bot', key: 'old', at: 5 }];
  saved = [];
  broken = false;
  const store = {
    load: () => Promise.resolve(kept),
    save: (rows: LastUse[]) => {
      if (broken) return Promise.reject(new Error('the disk is full'));
      if (rows.length > 0) saved.push(rows);
      return Promise.resolve();
    },
  };
  uses = new KeyUses(store as unknown as KeyUseStore, clock);
  uses.of('bot', 'new');
  await uses.onModuleInit();
});

describe('when keys were last used', () => {
  it('is known from before a restart', () => {
    expect(uses.of('bot', 'old').at).toBe(5);
    expect(uses.of('bot', 'new').at).toBeUndefined();
  });

  it('is of a key of a caller: another caller may have one of the same id', () => {
    expect(uses.of('portal', 'old').at).toBeUndefined();
    expect(uses.of('bot', 'old')).toBe(uses.of('bot', 'old'));
  });

  it('is saved every thirty seconds, and only what changed', async () => {
    uses.of('bot', 'new').at = 7;
    await clock.sleep(29_999);
    expect(saved).toEqual([]);
    await clock.sleep(1);
    expect(saved).toEqual([[{ caller: 'bot', key: 'new', at: 7 }]]);
    await clock.sleep(30_000);
    expect(saved).toHaveLength(1);
    uses.of('bot', 'old').at = 8;
    await clock.sleep(30_000);
    expect(saved[1]).toEqual([{ caller: 'bot', key: 'old', at: 8 }]);
  });

  it('is saved later when it could not be saved', async () => {
    uses.of('bot', 'new').at = 7;
    broken = true;
    await clock.sleep(30_000);
    broken = false;
    await clock.sleep(30_000);
    expect(saved).toEqual([[{ caller: 'bot', key: 'new', at: 7 }]]);
  });

  it('is saved at the end', async () => {
    uses.of('bot', 'new').at = 7;
    await uses.beforeApplicationShutdown();
    expect(saved).toHaveLength(1);
    await clock.sleep(60_000);
    expect(saved).toHaveLength(1);
  });
});

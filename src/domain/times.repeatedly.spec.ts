import { describe, expect, it } from '@jest/globals';

import { type Clock, repeatedly } from './times.js';

/** Has what is scheduled run when a test says so. */
class Turns {
  task: (() => void) | undefined;
  readonly schedule = (_: number, task: () => void) => {
    this.task = task;
    return () => (this.task = undefined);
  };

  async next(): Promise<void> {
    const { task } = this;
    this.task = undefined;
    task?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('what is done repeatedly', () => {
  it('is done again when it is done, and not after it was stopped', async () => {
    const turns = new Turns();
    let [done, finish] = [0, () => undefined as void];
    const task = () => new Promise<void>((resolve) => ([done, finish] = [done + 1, resolve]));
    const stop = repeatedly(turns as unknown as Clock, 1, task);
    await turns.next();
    await turns.next();
    expect(done).toBe(1);
    finish();
    await turns.next();
    await turns.next();
    expect(done).toBe(2);
    stop();
    finish();
    await turns.next();
    await turns.next();
    expect(done).toBe(2);
  });
});

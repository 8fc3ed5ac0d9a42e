import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CallerTurns, inSlices } from './turns.js';

/** Work that ends when it is told to. */
function work() {
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
  return { done, end, fail };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the turns of callers', () => {
  it('are so many at once for each, in the order in which they were asked for, and none is lost', async () => {
    const steps = fc.array(fc.record({ caller: fc.constantFrom('a', 'b'), fails: fc.boolean() }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (asked, most) => {
        const turns = new CallerTurns(most);
        const begun: number[] = [];
        const all = asked.map((step) => ({ ...step, ...work() }));
        const results = all.map(({ caller, done }, index) =>
          turns.take(caller, async () => {
            begun.push(index);
            await done;
          }),
        );
        const outcomes = Promise.allSettled(results);
        const over = new Set<number>();
        for (;;) {
          await settled();
          for (const caller of ['a', 'b']) {
            const own = [...all.keys()].filter((index) => all[index]!.caller === caller && !over.has(index));
            const running = begun.filter((index) => all[index]!.caller === caller && !over.has(index));
            expect(running).toEqual(own.slice(0, most));
          }
          const next = begun.find((index) => !over.has(index));
          if (next === undefined) break;
          over.add(next);
          if (all[next]!.fails) all[next]!.fail(new Error('failed'));
          else all[next]!.end();
        }
        expect((await outcomes).map(({ status }) => status)).toEqual(
          asked.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('a long list that is made in slices', () => {
  it('is whole, and lets others have their turn between', async () => {
    let others = 0;
    let isOver = false;
    const other = () => {
      others += 1;
      if (!isOver) setImmediate(other);
    };
    setImmediate(other);
    const numbers = Array.from({ length: 3_000 }, (_, index) => index);
    expect(await inSlices(numbers.values())).toEqual(numbers);
    isOver = true;
    expect(others).toBeGreaterThan(5);
  });
});

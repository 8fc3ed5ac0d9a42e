import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FairQueue } from './background.js';

describe('a fair queue', () => {
  const things = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat()), { maxLength: 40 });

  it('gives out everything once, of each in the order it came', () => {
    fc.assert(
      fc.property(things, (added) => {
        const queue = new FairQueue<readonly [string, number]>();
        for (const thing of added) queue.add(thing[0], thing);
        expect(queue.size).toBe(added.length);
        const taken = added.map(() => queue.take()!);
        expect(queue.take()).toBeUndefined();
        for (const whose of ['a', 'b', 'c']) {
          expect(taken.filter(([each]) => each === whose)).toEqual(added.filter(([each]) => each === whose));
        }
      }),
    );
  });

  it('lets nobody have two turns while another one waits', () => {
    fc.assert(
      fc.property(things, (added) => {
        const queue = new FairQueue<string>();
        for (const [whose] of added) queue.add(whose, whose);
        let left: string[] = added.map(([whose]) => whose);
        let before: string | undefined;
        for (let next = queue.take(); next !== undefined; next = queue.take()) {
          if (next === before) expect(new Set(left)).toEqual(new Set([next]));
          left = [...left.slice(0, left.indexOf(next)), ...left.slice(left.indexOf(next) + 1)];
          before = next;
        }
      }),
    );
  });
});

import { execFileSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Member, Roster } from './roster.js';

class Guest implements Member {
  place?: number;

  constructor(readonly name: number) {}
}

const names = (guests: Iterable<Guest>): number[] => [...guests].map(({ name }) => name).sort();

/** 33 at a time come and go, each with 4 kB; the first ones are old already. */
const COMING_AND_GOING = `
  const { Roster } = await import(process.argv[1]);
  const roster = new Roster();
  const there = [];
  const come = () => {
    const guest = { luggage: new Array(500).fill(0) };
    roster.add(guest);
    there.push(guest);
  };
  for (let count = 0; count < 5; count += 1) come();
  gc();
  gc();
  for (let count = 0; count < 400_000; count += 1) {
    come();
    if (there.length > 32) roster.delete(there.shift());
  }`;

describe('a roster', () => {
  it('keeps nothing of what has gone: the heap need not be collected as a whole', () => {
    const flags = ['--expose-gc', '--trace-gc', '--input-type=module', '--eval', COMING_AND_GOING];
    const trace = execFileSync(process.execPath, [...flags, new URL('./roster.js', import.meta.url).href], {
      encoding: 'utf8',
      maxBuffer: 10_000_000,
    });
    // The two that were asked for; with a Set there are more than fifty.
    expect(trace.match(/Mark-Compact/g)?.length).toBeLessThan(10);
  });

  it('holds what a Set would, whatever comes and goes, twice too', () => {
    const guests = Array.from({ length: 8 }, (_, name) => new Guest(name));
    const step = fc.record({ comes: fc.boolean(), who: fc.constantFrom(...guests) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const roster = new Roster<Guest>();
        const set = new Set<Guest>();
        for (const { comes, who } of steps) {
          if (comes) {
            roster.add(who);
            set.add(who);
          } else {
            roster.delete(who);
            set.delete(who);
          }
          expect(roster.size).toBe(set.size);
          expect(names(roster.all())).toEqual(names(set));
        }
      }),
    );
  });

  it('tells those that were there when it was asked, whatever they do then', () => {
    const roster = new Roster<Guest>();
    const guests = [1, 2, 3].map((name) => new Guest(name));
    guests.forEach((guest) => roster.add(guest));
    const seen = [];
    for (const guest of roster.all()) {
      seen.push(guest);
      guests.forEach((each) => roster.delete(each));
    }
    expect(names(seen)).toEqual([1, 2, 3]);
    expect(roster.size).toBe(0);
  });
});

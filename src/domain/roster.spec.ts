import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Member, Roster } from './roster.js';

class Guest implements Member {
  place?: number;

  constructor(readonly name: number) {}
}

const names = (guests: Iterable<Guest>): number[] => [...guests].map(({ name }) => name).sort();

describe('a roster', () => {
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

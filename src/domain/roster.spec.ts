import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Member, Roster } from './roster.js';

class Guest implements Member {
  place?: number;
}

describe('a roster', () => {
  it('holds what a Set would, whatever comes, goes, and goes twice', () => {
    const guests = Array.from({ length: 8 }, () => new Guest());
    const step = fc.record({ comes: fc.boolean(), who: fc.constantFrom(...guests) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const roster = new Roster<Guest>();
        const set = new Set<Guest>();
        for (const { comes, who } of steps) {
          if (comes && !set.has(who)) {
            roster.add(who);
            set.add(who);
          } else {
            roster.delete(who);
            set.delete(who);
          }
          expect(roster.size).toBe(set.size);
          expect(new Set(roster.all())).toEqual(set);
        }
      }),
    );
  });

  it('tells those that were there when it was asked, whatever they do then', () => {
    const roster = new Roster<Guest>();
    const guests = [new Guest(), new Guest(), new Guest()];
    guests.forEach((guest) => roster.add(guest));
    const seen = [];
    for (const guest of roster.all()) {
      seen.push(guest);
      guests.forEach((each) => roster.delete(each));
    }
    expect(new Set(seen)).toEqual(new Set(guests));
    expect(roster.size).toBe(0);
  });
});

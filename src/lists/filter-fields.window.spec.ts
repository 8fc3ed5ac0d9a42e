import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';
import { windowOf, windowViolations } from './filter-fields.js';

const NOW = Date.parse('2026-08-17T12:00:00Z');
const moment = fc.integer({ min: FIRST_MOMENT, max: LAST_MOMENT });
/** A moment in every form in which it may be named. */
const named = fc.tuple(moment, fc.nat(2)).map(([time, form]) => {
  return { time, text: [time, String(time), new Date(time).toISOString()][form] };
});

describe('a window of time', () => {
  it('is from one moment to another, whatever forms these have, and never the other way round', () => {
    fc.assert(
      fc.property(named, named, (from, to) => {
        const asked = { from: from.text, to: to.text };
        const wrong = [{ parameter: 'from', rule: 'order', message: 'from must not be later than to' }];
        expect(windowViolations(asked)).toEqual(from.time > to.time ? wrong : []);
        expect(windowOf(asked, NOW)).toEqual({ from: from.time, to: to.time });
      }),
    );
  });

  it('may be open on either side', () => {
    expect(windowOf({}, NOW)).toEqual({});
    expect(windowOf({ from: '2026-08-16T00:00:00Z' }, NOW)).toEqual({ from: Date.UTC(2026, 7, 16) });
    expect(windowOf({ to: '2026-08-16T00:00:00Z' }, NOW)).toEqual({ to: Date.UTC(2026, 7, 16) });
  });

  it('may be so long before now, and then has no other bounds', () => {
    expect(windowOf({ last: '24h' }, NOW)).toEqual({ from: NOW - 86_400_000, to: NOW });
    for (const other of ['from', 'to']) {
      const asked = { last: '24h', [other]: '2026-08-16T00:00:00Z' };
      expect(windowViolations(asked)).toMatchObject([{ parameter: 'last', rule: 'excludes' }]);
    }
  });

  it('is reported where it stands', () => {
    const asked = { from: '2026-08-17T00:00:00Z', to: '2026-08-16T00:00:00Z' };
    const place = (name: string) => ({ pointer: `/selector/${name}` });
    expect(windowViolations(asked, place)).toMatchObject([{ pointer: '/selector/from', rule: 'order' }]);
  });

  it('of what is no moment is left to the check of that', () => {
    expect(windowViolations({ from: 'tomorrow', to: 'yesterday' })).toEqual([]);
  });
});

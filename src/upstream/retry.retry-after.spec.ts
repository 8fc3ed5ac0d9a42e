import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { MAX_WAIT_MS, retryAfterMs } from './retry.js';

const DATE = 'Sun, 16 Aug 2026 09:00:00 GMT';
const asked = (value: string | undefined, date?: string) =>
  retryAfterMs({
    headers: { ...(value !== undefined && { 'retry-after': value }), ...(date !== undefined && { date }) },
  });

describe('Retry-After', () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['120', 120_000],
    ['300', 300_000],
    ['301', MAX_WAIT_MS],
    ['86400', MAX_WAIT_MS],
    ['999999999', MAX_WAIT_MS],
    ['9'.repeat(400), MAX_WAIT_MS],
    ['Sun, 16 Aug 2026 09:00:30 GMT', 30_000],
    ['Sun, 16 Aug 2026 08:00:00 GMT', 0],
    ['Mon, 17 Aug 2026 09:00:00 GMT', MAX_WAIT_MS],
    ['Sun, 16 Aug 9999 09:00:00 GMT', MAX_WAIT_MS],
    ['soon', undefined],
    ['Sun, soon', undefined],
    ['', undefined],
    ['-1', undefined],
    ['-86400', undefined],
    ['1.5', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
  ])('%j is %p ms', (value, expected) => {
    expect(asked(value, DATE)).toBe(expected);
  });

  it('as a date is held against the date of the same answer, whatever the time is here', () => {
    for (const year of [1999, 2026, 2077]) {
      const date = new Date(Date.UTC(year, 1, 3)).toUTCString();
      const later = new Date(Date.UTC(year, 1, 3) + 20_000).toUTCString();
      expect(asked(later, date)).toBe(20_000);
    }
  });

  it('as a date asks for nothing where the answer does not say what time it is there', () => {
    for (const date of [undefined, '', 'now', '2026']) expect(asked(DATE, date)).toBeUndefined();
  });

  it('never asks for more than minutes, nor for less than nothing, whatever it says', () => {
    const word = fc.oneof(
      fc.string(),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(word, word, (value, date) => {
        const wait = asked(value, date) ?? 0;
        expect(wait >= 0 && wait <= MAX_WAIT_MS).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

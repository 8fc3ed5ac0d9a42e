import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseDuration } from './duration.js';

const HOUR = 3_600_000;

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['30m', HOUR / 2],
    ['24h', 24 * HOUR],
    ['7d', 168 * HOUR],
    ['2w', 336 * HOUR],
    ['PT24H', 24 * HOUR],
    ['P7D', 168 * HOUR],
    ['P1DT2H3M4S', 26 * HOUR + 184_000],
    ['P2W', 336 * HOUR],
  ])('%s is read', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '0h',
    'PT0S',
    '24',
    '24 h',
    '24H',
    'h',
    '-1h',
    '1.5h',
    'P1Y',
    'P1M',
    'PT24',
    '9999999h',
  ])('%j is none', (text) => expect(parseDuration(text)).toBeUndefined());

  it('is the same in both spellings', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (count) => {
        for (const [short, long] of [
          [`${count}h`, `PT${count}H`],
          [`${count}m`, `PT${count}M`],
          [`${count}s`, `PT${count}S`],
          [`${count}d`, `P${count}D`],
          [`${count}w`, `P${count}W`],
        ] as const) {
          expect(parseDuration(short)).toBe(parseDuration(long));
        }
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FIRST_MOMENT, LAST_MOMENT, parseDuration, parseMoment, parseOccurTime } from './times.js';

const INT64_MAX = 9_223_372_036_854_775_807n;

/** The same instant as whole milliseconds, whatever form it came in. */
const asBigInt = (value: number | bigint | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value);

const two = (value: number): string => String(value).padStart(2, '0');

const offset = fc.oneof(
  fc.constantFrom('Z', 'z'),
  fc
    .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`),
);

describe('occurTime as a whole number', () => {
  it('is taken as it is where a double holds it', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseOccurTime(value)).toBe(value);
      }),
    );
  });

  it('keeps every digit up to the end of int64, given as an integer or as its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: INT64_MAX }), (value) => {
        expect(asBigInt(parseOccurTime(value))).toBe(value);
        expect(asBigInt(parseOccurTime(String(value)))).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  it('beyond int64, below zero or with a fraction is refused, never bent into range', () => {
    const negative = fc.bigInt({ min: -INT64_MAX, max: -1n });
    const tooLarge = fc.bigInt({ min: INT64_MAX + 1n, max: INT64_MAX * 100n });
    fc.assert(
      fc.property(fc.oneof(negative, tooLarge), (value) => {
        expect(parseOccurTime(value)).toBeUndefined();
        expect(parseOccurTime(String(value))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(
        fc.double().filter((value) => !Number.isSafeInteger(value) || value < 0),
        (value) => {
          expect(parseOccurTime(value)).toBeUndefined();
        },
      ),
    );
  });

  it.each<[unknown, bigint | undefined]>([
    [9_223_372_036_854_775_807n, INT64_MAX],
    ['9223372036854775807', INT64_MAX],
    [9_223_372_036_854_775_808n, undefined],
    ['9223372036854775808', undefined],
    ['0009223372036854775807', undefined],
    ['007', 7n],
    [-0, 0n],
    ['-0', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1e3', undefined],
    ['1.0', undefined],
    ['0x10', undefined],
    [' 1', undefined],
    ['1\n', undefined],
    ['', undefined],
    ['١', undefined],
    [NaN, undefined],
    [Infinity, undefined],
    [1.5, undefined],
    [2 ** 53, undefined],
    [null, undefined],
    [true, undefined],
    [[1], undefined],
    [{}, undefined],
  ])('%p is %p', (value, expected) => {
    expect(asBigInt(parseOccurTime(value))).toBe(expected);
  });
});

describe('occurTime as an RFC 3339 time', () => {
  it('is the instant that Date reads, with any offset and any number of milliseconds', () => {
    const instant = fc.date({
      min: new Date('1970-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('T', 't'),
        offset,
        (date, digits, t, zone) => {
          const [day, time] = date.toISOString().split('T') as [string, string];
          const seconds = time.slice(0, 8) + (digits === 0 ? '' : time.slice(8, 9 + digits));
          const text = `${day}${t}${seconds}${zone}`;
          expect(parseOccurTime(text)).toBe(Date.parse(text.toUpperCase()));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('more digits than milliseconds are taken only where they are zeros', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(digits, (fraction) => {
        const expected = /^\d{3}0*$/.test(fraction)
          ? Date.parse(`2026-08-16T09:05:22.${fraction.slice(0, 3)}Z`)
          : undefined;
        expect(parseOccurTime(`2026-08-16T09:05:22.${fraction}Z`)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('a day is taken exactly when the calendar has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1971, max: 2400 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
          const longest = [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0][month] ?? 0;
          const value = parseOccurTime(`${year}-${two(month)}-${two(day)}T00:00:00Z`);
          expect(value !== undefined).toBe(day >= 1 && day <= longest);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, number | undefined]>([
    ['2026-08-16T09:05:22.701Z', 1_786_871_122_701],
    ['2026-08-16T09:05:22.7Z', 1_786_871_122_700],
    ['2026-08-16T09:05:22.701000000Z', 1_786_871_122_701],
    ['2026-08-16T17:05:22.701+08:00', 1_786_871_122_701],
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:30:00+01:00', undefined],
    ['1969-12-31T23:59:59.999Z', undefined],
    ['0000-01-01T00:00:00Z', undefined],
    ['0099-01-01T00:00:00Z', undefined],
    ['2026-08-16T09:05:22.7010001Z', undefined],
    ['2026-06-30T23:59:60Z', undefined],
    ['2026-08-16T24:00:00Z', undefined],
    ['2026-08-16T09:60:00Z', undefined],
    ['2026-08-16T09:05:22+24:00', undefined],
    ['2026-08-16T09:05:22+08:60', undefined],
    ['2026-08-16T09:05:22', undefined],
    ['2026-08-16 09:05:22Z', undefined],
    ['2026-08-16', undefined],
    ['2026-8-16T09:05:22Z', undefined],
    ['20260816T090522Z', undefined],
    ['2026-08-16T09:05:22.Z', undefined],
    ['2026-08-16T09:05:22,5Z', undefined],
    ['2026-08-16T09:05:22Z\n', undefined],
    ['+002026-08-16T09:05:22Z', undefined],
    ['Sun, 16 Aug 2026 09:05:22 GMT', undefined],
  ])('%j is %p', (text, expected) => {
    expect(parseOccurTime(text)).toBe(expected);
  });
});

describe('a moment', () => {
  it.each<[unknown, number]>([
    ['2026-08-16T09:05:22.701Z', 1_786_871_122_701],
    ['2026-08-16t11:05:22.701+02:00', 1_786_871_122_701],
    ['2026-08-16T09:05:22.701456Z', 1_786_871_122_701],
    ['2026-08-16T09:05:22.701999+00:00', 1_786_871_122_701],
    ['2026-08-16T09:05:22.701999999Z', 1_786_871_122_701],
    ['1786871122701', 1_786_871_122_701],
    [1_786_871_122_701, 1_786_871_122_701],
    [FIRST_MOMENT, FIRST_MOMENT],
    [LAST_MOMENT, LAST_MOMENT],
  ])('may be written as %j', (value, time) => {
    expect(parseMoment(value)).toBe(time);
  });

  it.each([
    ['seconds', '1786871122'],
    ['seconds as a number', 1_786_871_122],
    ['a day', '2026-08-16'],
    ['a day that there is not', '2026-02-30T00:00:00Z'],
    ['a time without its place', '2026-08-16T09:05:22'],
    ['a time with more digits than any clock has', '2026-08-16T09:05:22.7014567890123Z'],
    ['the time before', FIRST_MOMENT - 1],
    ['the time after', LAST_MOMENT + 1],
    ['nothing', undefined],
    ['a list', [1_786_871_122_701]],
  ])('is not %s', (_, value) => {
    expect(parseMoment(value)).toBeUndefined();
  });
});

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

import { describe, expect, it } from '@jest/globals';

import { FIRST_MOMENT, LAST_MOMENT, parseMoment } from './moment.js';

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

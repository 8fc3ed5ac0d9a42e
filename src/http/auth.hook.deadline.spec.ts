import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { deadlineOf } from './auth.hook.js';
import { Problem } from '../problems/problem.js';

const RECEIVED_AT = 1_700_000_000_000;
const MAX_MS = 10_000;
const granted = (asked: string | string[] | undefined) =>
  deadlineOf(asked, RECEIVED_AT, MAX_MS) - RECEIVED_AT;

describe('the deadline of a request', () => {
  it('is the longest when nothing is asked for', () => {
    expect(granted(undefined)).toBe(MAX_MS);
  });

  it('is what is asked for, and never more than the longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 999_999_999 }), (milliseconds) => {
        expect(granted(String(milliseconds))).toBe(Math.min(milliseconds, MAX_MS));
      }),
    );
  });

  it.each([
    ['0'],
    ['299'],
    ['-1'],
    ['+500'],
    ['1e3'],
    ['500.5'],
    [' 500'],
    ['0x1f4'],
    ['ten'],
    [''],
    ['1000000000'],
    [['500', '600']],
  ])('is refused when it is %j, with what is allowed', (asked) => {
    expect(() => granted(asked)).toThrow(Problem);
    expect(() => granted(asked)).toThrow(/whole number of milliseconds, 300 or more; 10000 is the most/);
  });
});

import { describe, expect, it } from '@jest/globals';

import type { CheckedRecord } from '../audit/index.js';
import { CSV_HEAD, csvLine } from './export.lines.js';

const lineOf = (record: object) => {
  const row: CheckedRecord = {
    ...{
      seq: 7,
      at: 0,
      kind: 'intent',
      operation_id: null,
      body: JSON.stringify({ kind: 'intent', ...record }),
    },
    ...{
      hash: Buffer.alloc(32),
      seal: null,
      caller: null,
      type: null,
      project: null,
      enterprise_project_id: null,
    },
  };
  return csvLine(row);
};

describe('a line of CSV', () => {
  it('has as many cells as there are columns', () => {
    expect(lineOf({}).split(',')).toHaveLength(CSV_HEAD.split(',').length);
  });

  it.each([
    ['=1+1', `'=1+1`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\tx', `'\tx`],
    ['\rx', `"'\rx"`],
    ['a,b', '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ['two\nlines', '"two\nlines"'],
    ['=cmd|"x"', `"'=cmd|""x"""`],
  ])('writes %j as %j', (remark, cell) => {
    expect(lineOf({ remark })).toContain(`,${cell},`);
  });

  it('ends as RFC 4180 says', () => {
    expect(lineOf({})).toMatch(/[^\r\n]\r\n$/);
  });
});

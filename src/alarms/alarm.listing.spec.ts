import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseExact } from '../domain/exact-json.js';
import { parseAlarms, type ListedRow } from '../hss/index.js';
import { alarmOf } from './alarm.js';

const number = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String),
  fc.maxSafeNat().map(String),
  fc.constantFrom(
    '1672046760353',
    '1672046760353.00000000001',
    '1.672046760353e12',
    '9007199254740993',
    '0',
    '-1',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const text = fc.oneof(fc.string(), fc.constantFrom('version 1.2 of 10.5, e-3', '"occur_time": 1.5', 'a\\"b'));
const page = fc
  .tuple(number, number, number, number, text)
  .map(
    ([time, handled, pid, count, words]) =>
      `{"total_num":1,"data_list":[{"event_id":"e","occur_time": ${time},"handle_time":${handled},"event_count":${count},` +
      `"event_details":${JSON.stringify(words)},"operate_detail_list":[{"process_pid":${pid}}]}]}`,
  );

const shown = (answer: unknown) => (answer as { data_list: ListedRow[] }).data_list.map(alarmOf);

describe('a page of the listing', () => {
  it('is read as the exact parser reads it, whatever its numbers and texts', () => {
    fc.assert(
      fc.property(page, (body) => expect(shown(parseAlarms(body))).toEqual(shown(parseExact(body)))),
      { numRuns: 2_000 },
    );
  });

  it('that is none is refused', () => {
    expect(() => parseAlarms('{"data_list":')).toThrow(SyntaxError);
    expect(parseAlarms('{"data_list":null}')).toEqual({ data_list: null });
  });
});

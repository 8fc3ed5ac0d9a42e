import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { requestsIn } from './record-text.js';

/** As the trail writes an intent: the head, and the bodies spliced in behind it. */
const written = (head: object, requests: readonly string[]): string =>
  `${JSON.stringify(head).slice(0, -1)},"requests":[${requests.join(',')}]}`;

const bodies = fc.array(
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  { maxLength: 6 },
);

describe('the text of an intent', () => {
  it('gives back each request, to the byte, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), bodies, (remark, requests) => {
        expect(requestsIn(written({ kind: 'intent', remark }, requests))).toEqual(requests);
      }),
    );
  });

  it('keeps every digit of a number that no double can hold', () => {
    const request = '{"occur_time":9223372036854775807}';
    expect(requestsIn(written({ kind: 'intent' }, [request, request]))).toEqual([request, request]);
  });

  it('gives back its requests whatever its other texts look like', () => {
    const remarks = fc.oneof(fc.string(), fc.constantFrom(',"requests":[', 'x,', '"requests":[{}]}', '\\",'));
    fc.assert(
      fc.property(remarks, bodies, (remark, requests) => {
        expect(requestsIn(written({ kind: 'intent', remark, alarms: ['a'] }, requests))).toEqual(requests);
      }),
    );
  });

  it('of another record has none', () => {
    const record = { kind: 'cancellation', operationId: 'x', requestId: ',"requests":[' };
    expect(requestsIn(JSON.stringify(record))).toEqual([]);
  });
});

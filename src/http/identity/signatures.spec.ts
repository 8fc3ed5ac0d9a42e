import { describe, expect, it } from '@jest/globals';

import { queryPairs } from './signatures.js';

describe('the query of a signed request', () => {
  const of = (count: number) => `/v5/x/event/operate?${'&'.repeat(count - 1)}`;

  it('is not taken apart where it has more parameters than any call takes', () => {
    expect(queryPairs(of(1_024))).toHaveLength(1_024);
    expect(() => queryPairs(of(1_025))).toThrow(URIError);
    expect(() => queryPairs(of(100_000))).toThrow(URIError);
  });
});

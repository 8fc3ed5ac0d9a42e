import { describe, expect, it } from '@jest/globals';

import { prefersNotToWait } from './request-pipes.js';

const prefers = (...prefer: string[]) => prefersNotToWait({ headersDistinct: { prefer } });

describe('a Prefer header', () => {
  it.each([
    ['respond-async'],
    ['Respond-Async'],
    [' respond-async ; foo=bar'],
    ['return=minimal, respond-async'],
    ['respond-async, wait=10'],
  ])('%j asks not to wait', (value) => expect(prefers(value)).toBe(true));

  it.each([[''], ['wait=10'], ['respond-asynchronously'], ['x-respond-async'], ['return="respond-async"']])(
    '%j does not',
    (value) => expect(prefers(value)).toBe(false),
  );

  it('may be sent twice, or not at all', () => {
    expect(prefers('wait=5', 'respond-async')).toBe(true);
    expect(prefersNotToWait({ headersDistinct: {} })).toBe(false);
  });
});

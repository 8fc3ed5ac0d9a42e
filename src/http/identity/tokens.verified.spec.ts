import { describe, expect, it } from '@jest/globals';

import { ISSUER, PublishedKeys, StoppedClock } from './identity.fixture.js';
import type { Identity } from './identity.js';
import { KeySet } from './key-set.js';
import { VerifiedTokens } from './tokens.js';

describe('verified tokens', () => {
  it('are kept to the number of ten thousand, the oldest making room', () => {
    const clock = new StoppedClock();
    const published = new PublishedKeys();
    published.publish();
    const keys = new KeySet(ISSUER.jwksUrl, published, clock);
    const tokens = new VerifiedTokens(clock);
    const identity: Identity = {
      caller: { id: 'portal', grants: [] },
      credential: { kind: 'token', id: 'corporate', expiresAt: clock.now() + 60_000 },
    };
    for (let count = 0; count < 10_000; count += 1) tokens.keep(`${count}`, identity, keys, 0);
    expect(tokens.get('0')).toBe(identity);
    tokens.keep('one more', identity, keys, 0);
    expect(tokens.get('0')).toBeUndefined();
    expect(tokens.get('1')).toBe(identity);
    expect(tokens.get('one more')).toBe(identity);
  });
});

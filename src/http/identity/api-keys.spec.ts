import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { isMistyped, makeApiKey } from './api-keys.js';

describe('a new key', () => {
  it('shows what it is, what it is for and which it is, and holds more than 128 random bits', () => {
    const { id, text } = makeApiKey('prod');
    const [, secret = ''] = new RegExp(`^hssgw_prod_${id}_([0-9A-Za-z]{26})[0-9A-Za-z]{6}$`).exec(text) ?? [];
    expect(secret).toHaveLength(26);
    expect(26 * Math.log2(62)).toBeGreaterThan(128);
  });

  it('is another one each time', () => {
    const texts = Array.from({ length: 200 }, () => makeApiKey('prod').text);
    expect(new Set(texts).size).toBe(200);
    expect(new Set(texts.map((text) => text.slice(-20, -6))).size).toBe(200);
  });

  it.each(['', 'Prod', 'a_b', 'a b', 'e'.repeat(17)])(
    'is not made for the environment "%s"',
    (environment) => {
      expect(() => makeApiKey(environment)).toThrow('environment');
    },
  );
});

describe('a checksum', () => {
  // Worked out elsewhere: CRC-32 of all before it in base 62, six signs, the most significant first.
  it('is the one that was always made, so that old keys stay good', () => {
    expect(isMistyped('hssgw_prod_rkTv6AvX_REogrzQ0jckdwMghHy3HUxxScW0YpgoT')).toBe(false);
  });

  it('fits every key that is made', () => {
    for (let count = 0; count < 200; count += 1) expect(isMistyped(makeApiKey('test-2').text)).toBe(false);
  });

  it('finds every single wrong sign in the random part and every two that were swapped', () => {
    const { text } = makeApiKey('prod');
    const signs = fc.integer({ min: text.lastIndexOf('_') + 1, max: text.length - 1 });
    const sign = fc.constantFrom(...'0123456789abcxyzABCXYZ');
    fc.assert(
      fc.property(signs, sign, (place, wrong) => {
        const changed = text.slice(0, place) + wrong + text.slice(place + 1);
        expect(isMistyped(changed)).toBe(changed !== text);
      }),
    );
    fc.assert(
      fc.property(signs, (place) => {
        const [one = '', two = ''] = [text[place - 1], text[place]];
        if (one === '_') return;
        const changed = text.slice(0, place - 1) + two + one + text.slice(place + 1);
        expect(isMistyped(changed)).toBe(changed !== text);
      }),
    );
  });

  it('finds a key that was cut off', () => {
    const { text } = makeApiKey('prod');
    for (const cut of [1, 2, 5]) expect(isMistyped(text.slice(0, -cut))).toBe(true);
  });

  it.each(['', 'secret', 'hssgw_demo_key_for_the_simulator_only', 'a.b.c', 'hssgw_prod_x_abc'])(
    'says nothing of "%s", which has not the shape of a key',
    (text) => {
      expect(isMistyped(text)).toBe(false);
    },
  );
});

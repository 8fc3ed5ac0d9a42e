import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { loginRangeFault } from './login-range.js';

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
const groups = (address: number): string[] =>
  [address >>> 16, address & 0xffff].map((group) => group.toString(16));

/** An IPv4 address and so many of its bits, in every way in which IPv6 has it: text, and length of the prefix. */
const NOTATIONS: readonly ((address: number, bits: number) => string)[] = [
  (address, bits) => `${dotted(address)}/${bits}`,
  (address, bits) => `::ffff:${dotted(address)}/${bits + 96}`,
  (address, bits) => `0:0:0:0:0:FFFF:${dotted(address)}/${bits + 96}`,
  (address, bits) => `0000:0000::ffff:${groups(address).join(':')}/${bits + 96}`,
  (address, bits) => `::${dotted(address)}/${bits + 96}`,
  (address, bits) => `0:0:0:0:0:0:${groups(address).join(':')}/${bits + 96}`,
  (address, bits) => `::ffff:0:${dotted(address)}/${bits + 96}`,
  (address, bits) => `64:ff9b::${dotted(address)}/${bits + 96}`,
  (address, bits) => `0064:ff9b:0:0:0:0:${groups(address).join(':')}/${bits + 96}`,
  (address, bits) => `64:ff9b:1::${dotted(address)}/${bits + 96}`,
  (address, bits) => `2001:0:c000:201::${groups(~address >>> 0).join(':')}/${bits + 96}`,
];
/** Whose prefix goes on behind the address. */
const SIX_TO_FOUR = (address: number, bits: number) => `2002:${groups(address).join(':')}::/${bits + 16}`;

const address = fc.oneof(
  fc.constantFrom(0, 1, 255, 256, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);

describe('a range that logins are trusted from', () => {
  it('is judged by the IPv4 addresses that it holds, in whatever notation of IPv6 they stand', () => {
    fc.assert(
      fc.property(
        address,
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 16, max: 32 }),
        fc.constantFrom(...NOTATIONS),
        (base, bits, ipv4, notation) => {
          const holdsUnspecified = bits === 0 || base >>> (32 - bits) === 0;
          const fault = loginRangeFault(notation(base, bits), { ipv4, ipv6: 64 });
          expect(fault === undefined).toBe(bits >= ipv4 && !holdsUnspecified);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('may be one network of a site that is reached over IPv4, and not all of the site', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 112 }), (base, bits) => {
        const fault = loginRangeFault(SIX_TO_FOUR(base, bits));
        expect(fault === undefined).toBe(bits + 16 >= 64 && base !== 0);
      }),
    );
  });

  it('never holds all of IPv4, and never more than the widest IPv6 network', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 0, max: 128 }),
        fc.integer({ min: 48, max: 128 }),
        (eight, bits, ipv6) => {
          // 2000::/3 has no notation of IPv4 but 2001:0::/32 and 2002::/16.
          const text = ['3fff', ...eight.slice(1)].join(':');
          expect(loginRangeFault(`${text}/${bits}`, { ipv4: 24, ipv6 }) === undefined).toBe(bits >= ipv6);
          const short = ['0', '0', '0', '0', ...eight.slice(4)].join(':');
          if (bits <= 64) expect(loginRangeFault(`${short}/${bits}`, { ipv4: 16, ipv6 })).toBeDefined();
        },
      ),
    );
  });

  it.each([
    '0:0:0:0:0:ffff:0.0.0.0',
    '0:0:0:0:0:ffff:0.0.0.0/64',
    '0.0.0.7/24',
    '::/64',
    '::/127',
    '::ffff:0:0/96',
    '64:ff9b::/96',
    '2002::1',
    '2002::/16',
    '2001:0:1:2::ffff:ffff',
    '1::/0',
    ' 10.0.0.1',
    '10.0.0.0/24 ',
    '\u00a010.0.0.1',
    '10.0.0.1\ufeff',
    '10.0.0.0/024',
    '2001:db8::/0128',
  ])('is never %s', (text) => {
    expect(loginRangeFault(text)).toBeDefined();
    expect(loginRangeFault(text.toUpperCase())).toBeDefined();
  });

  it.each(['::1', '2001:db8::1', '2001:db8::/64', '64:ff9b::192.0.2.7', '2002:c000:207::/64'])(
    'may be %s',
    (text) => {
      expect(loginRangeFault(text)).toBeUndefined();
    },
  );
});

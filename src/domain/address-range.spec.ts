import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { AddressRanges, isAddressRange, neighbourhoodOf } from './address-range.js';

describe('a range of addresses', () => {
  it.each(['10.0.0.0/8', '192.0.2.7', '0.0.0.0/0', '2001:db8::/32', '::1', '::/0', '::ffff:10.0.0.0/104'])(
    'may be written %s',
    (text) => {
      expect(isAddressRange(text)).toBe(true);
    },
  );

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '010.0.0.0/8',
    '2001:db8::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/024',
    '10.0.0.0/00',
    '2001:db8::/064',
    '\u00a010.0.0.1',
    '10.0.0.1\n',
    'host',
    ' ::1',
    '::1%lo',
  ])('may not be written "%s"', (text) => {
    expect(isAddressRange(text)).toBe(false);
    expect(() => new AddressRanges([text])).toThrow('not an address');
  });

  it('has exactly the IPv4 addresses that share its first bits', () => {
    const address = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(
        address,
        address,
        fc.integer({ min: 0, max: 32 }),
        fc.boolean(),
        (base, other, bits, near) => {
          // A random pair shares hardly a bit, so half of the time they are made to share many.
          const tested = near ? (base ^ (other >>> Math.min(31, bits))) >>> 0 : other;
          const shares = bits === 0 || base >>> (32 - bits) === tested >>> (32 - bits);
          expect(new AddressRanges([`${dotted(base)}/${bits}`]).include(dotted(tested))).toBe(shares);
        },
      ),
    );
  });

  it('has an IPv4 address in IPv6 notation too, as a socket that listens on both shows it', () => {
    expect(new AddressRanges(['10.0.0.0/8']).include('::ffff:10.1.2.3')).toBe(true);
    expect(new AddressRanges(['10.0.0.0/8']).include('::ffff:11.1.2.3')).toBe(false);
  });

  it('has IPv6 addresses, with or without their zone', () => {
    const ranges = new AddressRanges(['2001:db8::/32', 'fe80::/10']);
    expect(ranges.include('2001:db8:1::1')).toBe(true);
    expect(ranges.include('2001:db9::1')).toBe(false);
    expect(ranges.include('fe80::1%eth0')).toBe(true);
  });

  it('has nothing that is no address', () => {
    expect(new AddressRanges(['0.0.0.0/0', '::/0']).include('')).toBe(false);
  });
});

describe('the neighbourhood of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:FFFF:c000:0207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:192.0.2.7', '2001:db8:1:2::/64'],
    ['not an address', 'not an address'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, neighbourhood) => {
    expect(neighbourhoodOf(address)).toBe(neighbourhood);
  });
});

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

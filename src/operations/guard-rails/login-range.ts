import { parseRange } from '../../domain/address-range.js';

/** The widest range that still names somebody: a subnet of 256 addresses, or one IPv6 network. */
const LEAST_BITS = { ipv4: 24, ipv6: 64 } as const;

/**
 * Why an address is too much to trust logins from; undefined when it is one address, or a narrow range in CIDR notation.
 * Unspecified addresses mean "any" to those who read them.
 */
export function loginRangeFault(text: string): string | undefined {
  const range = parseRange(text.trim());
  if (!range) return 'must be one address, or a range of at most /24 (IPv4) or /64 (IPv6)';
  const { address, family } = range;
  const mapped = /^::ffff:(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}:[0-9a-f]{1,4})$/i.test(address);
  const least = mapped ? 96 + LEAST_BITS.ipv4 : LEAST_BITS[family];
  if (range.bits < least) return `must not be wider than /${least}`;
  return /^[0:.]+$|^::ffff:(?:0+\.0+\.0+\.0+|0+:0+)$/i.test(address)
    ? 'must not be the unspecified address, which stands for all'
    : undefined;
}

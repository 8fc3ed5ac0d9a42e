import { BlockList, isIP } from 'node:net';

import { addressBits, firstGroups, ipv4Of } from './address-bits.js';

/** One address, or a range in CIDR notation: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. Others might read a leading zero in another way. */
const RANGE = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/;

export interface Range {
  readonly address: string;
  /** Length of the prefix, as it was written for the address's family. */
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

export function parseRange(text: string): Range | undefined {
  const [, address = '', prefix] = RANGE.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const width = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  return bits <= width ? { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}

export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Addresses as a list of ranges names them. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** @throws Error for what is no range */
  constructor(ranges: readonly string[]) {
    for (const text of ranges) {
      const range = parseRange(text);
      if (!range) throw new Error('not an address or a range in CIDR notation');
      this.#list.addSubnet(range.address, range.bits, range.family);
    }
  }

  /** Whether an address, as a socket tells it, is in one of the ranges; an IPv4 address in IPv6 notation counts as IPv4. */
  include(address: string): boolean {
    const bare = unmapped(address);
    const version = isIP(bare);
    return version !== 0 && this.#list.check(bare, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/** `::ffff:192.0.2.7`, as a socket that listens on both kinds tells it, is `192.0.2.7`; a zone is left out. */
function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '');
}

/** Whether a text is an IP address. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** Whom an address belongs to, as far as it can be told: IPv6 hosts have 2^64 addresses each and may change at will. */
export function neighbourhoodOf(address: string): string {
  const bits = addressBits(address);
  if (bits === undefined) return address;
  return ipv4Of(bits) ?? `${firstGroups(bits, 4).join(':')}::/64`;
}

import { BlockList, isIP } from 'node:net';

/** An address as a number of 128 bits, the same for all its spellings; IPv4 as IPv6 maps it, in `::ffff:0:0/96`. */
export type AddressBits = bigint;

const MAPPED = 0xffffn;

/** Undefined for what is no address; a zone is ignored. */
export function addressBits(text: string): AddressBits | undefined {
  const address = text.replace(/%.*$/, '');
  const version = isIP(address);
  if (version === 4) return (MAPPED << 32n) | ipv4Bits(address);
  return version === 6 ? ipv6Bits(address) : undefined;
}

function ipv4Bits(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv6Bits(address: string): bigint {
  const [front = [], back = []] = address.split('::').map(groupsOf);
  const zeros = Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...zeros, ...back].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  const groups = text.split(':').filter(Boolean);
  return groups.flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const bits = ipv4Bits(group);
    return [bits >> 16n, bits & 0xffffn];
  });
}

/** Whether a text is an IP address. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** The IPv4 address itself, or the /64 network of an IPv6 address: a host there has 2^64 addresses and may change at will. */
export function neighbourhoodOf(address: string): string {
  const bits = addressBits(address);
  if (bits === undefined) return address;
  if (bits >> 32n === MAPPED) {
    return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
  }
  const network = [112n, 96n, 80n, 64n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  return `${network.join(':')}::/64`;
}

/** One address, or a range in CIDR notation: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. No leading zeros: others may read them as octal. */
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

  /** Whether an address, as a socket reports it, is in one of the ranges; an IPv4 address in IPv6 notation counts as IPv4. */
  include(address: string): boolean {
    const bare = unmapped(address);
    const version = isIP(bare);
    return version !== 0 && this.#list.check(bare, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/** `::ffff:192.0.2.7`, as a socket that listens on both families reports it, is `192.0.2.7`; a zone is left out. */
function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '');
}

import { isIP } from 'node:net';

/** An address as a number of 128 bits, the same for all its spellings; IPv4 stands where IPv6 has it mapped, in `::ffff:0:0/96`. */
export type AddressBits = bigint;

const MAPPED = 0xffffn;

/** Undefined for what is no address; a zone plays no part. */
export function addressBits(text: string): AddressBits | undefined {
  const address = text.replace(/%.*$/, '');
  const version = isIP(address);
  if (version === 4) return (MAPPED << 32n) | ipv4Bits(address);
  return version === 6 ? ipv6Bits(address) : undefined;
}

/** The IPv4 address that an address is, as it is usually written; undefined for any other. */
export function ipv4Of(bits: AddressBits): string | undefined {
  if (bits >> 32n !== MAPPED) return undefined;
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

/** So many of its first groups of 16 bits, in hexadecimal. */
export function firstGroups(bits: AddressBits, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
}

function ipv4Bits(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv6Bits(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const front = groupsOf(head);
  const back = groupsOf(tail ?? '');
  const zeros = Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...zeros, ...back].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  return text
    .split(':')
    .filter(Boolean)
    .flatMap((group) => {
      if (!group.includes('.')) return [BigInt(`0x${group}`)];
      const bits = ipv4Bits(group);
      return [bits >> 16n, bits & 0xffffn];
    });
}

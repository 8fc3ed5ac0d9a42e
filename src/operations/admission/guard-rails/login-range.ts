import { DEFAULT_GUARD_RAILS } from '../../../config/load-config.js';
import { addressBits, type AddressBits, parseRange } from '../../../domain/address-range.js';

/** The widest range that may be trusted, by the length of its prefix. */
export interface WidestLogin {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** A range that still names somebody: a subnet of 256 addresses, or one IPv6 network. */
export const DEFAULT_WIDEST_LOGIN: WidestLogin = DEFAULT_GUARD_RAILS.widestLogin;

/** No range at all. */
export const ONE: WidestLogin = { ipv4: 32, ipv6: 128 };

/** The addresses of a prefix of so many bits. */
interface Block {
  readonly first: AddressBits;
  readonly length: number;
}

/** A part of IPv6 in which every address stands for one of IPv4, or reaches one. */
interface Embedding {
  readonly block: Block;
  /** So many bits follow those of the IPv4 address. */
  readonly after: number;
  /** Whether those bits are written inverted. */
  readonly inverted?: true;
}

/** How IPv4 is written within IPv6: RFC 4291 (mapped, compatible), 2765, 6052 and 8215 (NAT64), 4380 (Teredo), 3056 (6to4). */
const EMBEDDINGS: readonly Embedding[] = [
  { block: blockOf('::ffff:0:0', 96), after: 0 },
  { block: blockOf('::', 96), after: 0 },
  { block: blockOf('::ffff:0:0:0', 96), after: 0 },
  { block: blockOf('64:ff9b::', 96), after: 0 },
  { block: blockOf('64:ff9b:1::', 48), after: 0 },
  { block: blockOf('2001::', 32), after: 0, inverted: true },
  { block: blockOf('2002::', 16), after: 80 },
];

/**
 * Why an address is too much to trust logins from; undefined when it is one address, or a narrow range in CIDR notation.
 * Addresses count by their bits, however they are spelled. Unspecified addresses mean "any" to those who read them.
 */
export function loginRangeFault(
  text: string,
  widest: WidestLogin = DEFAULT_WIDEST_LOGIN,
): string | undefined {
  // As it is sent: a blank that is passed over here might not be passed over there.
  const range = parseRange(text);
  if (!range) {
    if (widest === ONE) return 'must be one address';
    return `must be one address, or a range of at most /${widest.ipv4} (IPv4) or /${widest.ipv6} (IPv6)`;
  }
  const isIpv4 = range.family === 'ipv4';
  const block = blockOf(range.address, isIpv4 ? range.bits + 96 : range.bits);
  // Wider than its part of IPv6: all of IPv4 is in it.
  if (EMBEDDINGS.some(({ block: part }) => part.length > block.length && contains(block, part))) {
    return 'must not hold all of IPv4';
  }
  const embedding = EMBEDDINGS.find(({ block: part }) => contains(part, block));
  const least = embedding ? 128 - 32 - embedding.after + widest.ipv4 : widest.ipv6;
  if (block.length < Math.max(least, isIpv4 ? 0 : widest.ipv6)) {
    return `must not be wider than /${isIpv4 ? widest.ipv4 : Math.max(least, widest.ipv6)}`;
  }
  return embedding && holdsUnspecified(block, embedding)
    ? 'must not hold the unspecified address, which stands for all'
    : undefined;
}

function blockOf(address: string, length: number): Block {
  const bits = addressBits(address) ?? 0n;
  const rest = BigInt(128 - length);
  return { first: (bits >> rest) << rest, length };
}

function contains(outer: Block, inner: Block): boolean {
  const rest = BigInt(128 - outer.length);
  return outer.length <= inner.length && inner.first >> rest === outer.first >> rest;
}

/** Whether one of its addresses stands for `0.0.0.0`, or is `::`. */
function holdsUnspecified({ first, length }: Block, { after, inverted }: Embedding): boolean {
  const free = BigInt(Math.max(0, 128 - length - after));
  const known = ((first >> BigInt(after)) & 0xffff_ffffn) >> free;
  return known === (inverted ? 0xffff_ffffn >> free : 0n);
}

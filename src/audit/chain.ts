import { createHash } from 'node:crypto';

/** The hash before the first record. */
export const GENESIS = Buffer.alloc(32);

/** A link of the chain: SHA-256 over the link before it and the record's bytes. */
export function link(previous: Uint8Array, body: string): Buffer {
  return createHash('sha256').update(previous).update(body).digest();
}

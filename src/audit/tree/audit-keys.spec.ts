import { describe, expect, it } from '@jest/globals';

import { AuditKeys, newAuditKey } from './audit-keys.js';

const HASH = Buffer.alloc(32, 7);

describe('a seal', () => {
  const current = newAuditKey();
  const keys = new AuditKeys({ current });

  it('fits its place, its hash and its key alone', () => {
    const seal = keys.seal(5, HASH);
    expect(keys.isSealed(5, HASH, seal)).toBe(true);
    expect(keys.isSealed(6, HASH, seal)).toBe(false);
    expect(keys.isSealed(5, Buffer.alloc(32, 8), seal)).toBe(false);
    expect(keys.isSealed(5, HASH, seal.subarray(1))).toBe(false);
    expect(keys.isSealed(5, HASH, null)).toBe(false);
    expect(new AuditKeys({ current: newAuditKey() }).isSealed(5, HASH, seal)).toBe(false);
  });

  it('by the key before is known too, and not made any more', () => {
    const next = newAuditKey();
    const both = new AuditKeys({ current: next, previous: current });
    expect(both.isSealed(5, HASH, keys.seal(5, HASH))).toBe(true);
    expect(both.seal(5, HASH)).toEqual(new AuditKeys({ current: next }).seal(5, HASH));
  });
});

describe('a new key', () => {
  it('has a name of its own', () => {
    const [one, other] = [newAuditKey(), newAuditKey()].map((current) => new AuditKeys({ current }));
    expect(one?.current.verifier.name).toMatch(/^hss-gateway-[0-9a-f]{8}$/);
    expect(one?.current.verifier.name).not.toBe(other?.current.verifier.name);
  });
});

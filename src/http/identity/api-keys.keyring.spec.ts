import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { Keyring, knownKey } from './caller-directory.js';

const caller = { id: 'portal', grants: [] };
const use = { caller: 'portal', key: 'x', at: undefined };
const known = (sha256: string) => knownKey(caller, { sha256 }, use);
const digestOf = (text: string) => createHash('sha256').update(text).digest();

describe('a keyring', () => {
  it('finds a key by its digest', () => {
    const keys = ['one', 'two', 'three'].map((text) => known(digestOf(text).toString('hex')));
    const ring = new Keyring(keys);
    expect(['one', 'two', 'three'].map((text) => ring.find(digestOf(text)))).toEqual(keys);
    expect(ring.find(digestOf('four'))).toBeUndefined();
  });

  it('compares the whole digest, not only its beginning', () => {
    const digest = digestOf('one');
    const ring = new Keyring([known(digest.toString('hex'))]);
    for (const place of [4, 17, 31]) {
      const other = Buffer.from(digest);
      other[place] = (other[place] ?? 0) ^ 1;
      expect(ring.find(other)).toBeUndefined();
    }
  });

  it('distinguishes keys whose digests begin alike', () => {
    const [one, two] = [
      known(`${'ab'.repeat(4)}${'00'.repeat(28)}`),
      known(`${'ab'.repeat(4)}${'11'.repeat(28)}`),
    ];
    const ring = new Keyring([one, two]);
    expect(ring.find(one.digest)).toBe(one);
    expect(ring.find(two.digest)).toBe(two);
  });

  it('calls a key by its id, or by the beginning of its digest', () => {
    const sha256 = '0123456789abcdef'.repeat(4);
    expect(knownKey(caller, { sha256, id: 'blue' }, use).identity.credential.id).toBe('blue');
    expect(knownKey(caller, { sha256 }, use).identity.credential.id).toBe('01234567');
  });
});

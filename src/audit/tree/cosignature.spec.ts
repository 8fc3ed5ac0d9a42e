import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { signCheckpoint } from './checkpoint.js';
import { cosignaturesIn } from './cosignature.js';
import { leafHash } from './merkle-tree.js';
import { COSIGNATURE, makeSignerKey, readVerifierKey } from './signed-note.js';

const NOTE = signCheckpoint({ origin: 'log', size: 7, root: leafHash('x') }, makeSignerKey('log'));
const [TEXT = ''] = NOTE.split('\n\n');

/** By the words of https://c2sp.org/tlog-cosignature. */
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
const key = Buffer.concat([Uint8Array.of(4), raw]);
const id = createHash('sha256').update('w1\n').update(key).digest().subarray(0, 4);
const witness = readVerifierKey(`w1+${id.toString('hex')}+${key.toString('base64')}`, COSIGNATURE);

function line(time: number, signed = `cosignature/v1\ntime ${time}\n${TEXT}\n`, name = 'w1'): string {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const bytes = Buffer.concat([id, stamp, sign(null, Buffer.from(signed), privateKey)]);
  return `— ${name} ${bytes.toString('base64')}`;
}

describe('a cosignature', () => {
  it('is found among those of others', () => {
    const own = line(1_679_315_147);
    expect(cosignaturesIn(`— other AAAAAAAA\n${own}\n`, NOTE, witness)).toEqual([own]);
    expect(cosignaturesIn(own, `${NOTE}— other AAAAAAAA\n`, witness)).toEqual([own]);
  });

  it.each([
    ['of another checkpoint', line(5, `cosignature/v1\ntime 5\n${TEXT.replace('7', '8')}\n`)],
    ['of another time', line(5, `cosignature/v1\ntime 6\n${TEXT}\n`)],
    ['without its first words', line(5, `${TEXT}\n`)],
    ['by another name', line(5, undefined, 'w2')],
    ['that is cut off', line(5).slice(0, 20)],
    ['that is none', 'what?'],
  ])('%s counts for nothing', (_, wrong) => expect(cosignaturesIn(`${wrong}\n`, NOTE, witness)).toEqual([]));

  it('is verified with keys of its own algorithm alone', () => {
    expect(() => readVerifierKey(witness.text)).toThrow('no Ed25519 key');
    expect(() => readVerifierKey(makeSignerKey('w1').verifier.text, COSIGNATURE)).toThrow('no Ed25519 key');
  });
});

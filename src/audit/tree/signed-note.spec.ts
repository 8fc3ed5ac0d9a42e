import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { openCheckpoint, readCheckpoint, signCheckpoint } from './checkpoint.js';
import { leafHash } from './merkle-tree.js';
import {
  makeSignerKey,
  openNote,
  readSignerKey,
  readVerifierKey,
  signerText,
  signNote,
} from './signed-note.js';

/** The example of Go's golang.org/x/mod/sumdb/note. */
const SIGNER = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

describe('a signed note', () => {
  it('is what Go makes of the same text and key', () => {
    const key = readSignerKey(SIGNER);
    expect(key.verifier.text).toBe(VERIFIER);
    expect(signerText(key)).toBe(SIGNER);
    expect(signNote(TEXT, key)).toBe(`${TEXT}\n${SIGNATURE}`);
    const { text, signers } = openNote(`${TEXT}\n${SIGNATURE}`, [readVerifierKey(VERIFIER)]);
    expect([text, signers.map(({ text: signer }) => signer)]).toEqual([TEXT, [VERIFIER]]);
  });

  it('is not opened when any character of it, or of the key, is another one', () => {
    const key = makeSignerKey('example.com/log');
    const note = signCheckpoint({ origin: 'example.com/log', size: 7, root: leafHash('x') }, key);
    expect(openCheckpoint(note, [key.verifier])).toMatchObject({ origin: 'example.com/log', size: 7 });
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 33, max: 126 }), (at, code) => {
        const other = String.fromCharCode(code);
        fc.pre(note[at] !== other);
        const changed = note.slice(0, at) + other + note.slice(at + 1);
        expect(() => openCheckpoint(changed, [key.verifier])).toThrow(/./);
      }),
    );
    expect(() => openNote(note, [makeSignerKey('example.com/log').verifier])).toThrow(
      'none of the known keys',
    );
  });

  it('is not opened when its signature is another text for the same bytes', () => {
    const note = `${TEXT}\n${SIGNATURE}`;
    for (const other of ['N', 'O', 'P']) {
      const changed = note.replace('nAM=\n', `nA${other}=\n`);
      expect(changed).not.toBe(note);
      expect(() => openNote(changed, [readVerifierKey(VERIFIER)])).toThrow('cannot be read');
    }
  });

  it('may have signatures by others', () => {
    const [own, other] = [makeSignerKey('a'), makeSignerKey('b')];
    const note = signNote('text\n', own) + (signNote('text\n', other).split('\n\n')[1] ?? '');
    expect(openNote(note, [own.verifier, other.verifier]).signers).toEqual([own.verifier, other.verifier]);
    expect(openNote(note, [other.verifier]).signers).toEqual([other.verifier]);
  });
});

describe('a key', () => {
  it.each([
    ['', 'must begin with PRIVATE+KEY+'],
    ['planted', 'must begin with PRIVATE+KEY+'],
    ['PRIVATE+KEY+planted', 'must be <name>+<8 hexadecimal digits>+<base64>'],
    [SIGNER.replace('c74f20a3', 'c74f20a4'), 'digits do not fit'],
    [SIGNER.replace('Peter', 'Petra'), 'digits do not fit'],
    [SIGNER.slice(0, -4), 'no Ed25519 key'],
    [SIGNER.replace('+AYEK', '+AoEK'), 'no Ed25519 key'],
  ])('that is none is refused and not repeated: %s', (text, problem) => {
    expect(() => readSignerKey(text)).toThrow(problem);
    expect(() => readSignerKey(text)).not.toThrow('planted');
  });
});

describe('a checkpoint', () => {
  it.each([
    '',
    'o\n',
    'o\n1\n',
    'o\n01\nAAAA\n',
    '\n1\nAAAA\n',
    `o\n-1\n${leafHash('').toString('base64')}\n`,
  ])('is not read of %j', (text) => expect(() => readCheckpoint(text)).toThrow('no checkpoint'));
});

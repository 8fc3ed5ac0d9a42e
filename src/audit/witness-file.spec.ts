import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { newAuditKey } from './tree/audit-keys.js';
import { openCheckpoint, signCheckpoint } from './tree/checkpoint.js';
import { readSignerKey, type SignerKey } from './tree/signed-note.js';
import { WitnessFile, type Judge } from './witness-file.js';

const key = readSignerKey(newAuditKey());
const origin = key.verifier.name;
const signed = (size: number, by: SignerKey = key) =>
  `${signCheckpoint({ origin, size, root: Buffer.alloc(32, size) }, by)}\n`;
/** As somebody without the key makes it. */
const forged = (size: number) => signed(1).replace('\n1\n', `\n${size}\n`);

describe('the file of a witness', () => {
  let folder: string;
  let path: string;
  let settled: number[];
  let opened: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-witness-file-'));
    path = join(folder, 'checkpoints');
    settled = [];
    opened = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const judge: Judge = {
    origin,
    isSigned: (note) => {
      opened += 1;
      try {
        return openCheckpoint(note, [key.verifier]).origin === origin;
      } catch {
        return false;
      }
    },
    isSettled: (size) => settled.includes(size),
  };
  const sizeIn = (note = '\n0') => Number(note.split('\n')[1]);
  const read = async (file: WitnessFile) => {
    const { note, size } = await file.read(judge);
    return [sizeIn(note), size];
  };

  it('counts by the largest that is signed, whatever else is in it and wherever', async () => {
    const another = readSignerKey(newAuditKey());
    const texts = [signed(3), signed(9), forged(99), signed(5), signed(50, another), '#'.repeat(70_000)];
    writeFileSync(path, texts.join(''));
    expect(await read(new WitnessFile(path))).toEqual([9, 9]);
  });

  it('is not verified note by note, nor read again', async () => {
    const sizes = Array.from({ length: 3_000 }, (_, index) => index + 1);
    writeFileSync(path, sizes.map((size) => signed(size)).join(''));
    const file = new WitnessFile(path);
    expect(await read(file)).toEqual([3_000, 3_000]);
    expect(opened).toBeLessThan(20);
    opened = 0;
    expect(await read(file)).toEqual([3_000, 3_000]);
    expect(opened).toBe(0);
    appendFileSync(path, signed(3_001));
    expect(await read(file)).toEqual([3_001, 3_001]);
    expect(opened).toBe(1);
  });

  it('counts by what is signed among more that are not than are kept', async () => {
    const bogus = Array.from({ length: 2_000 }, (_, index) => forged(1_000 + index));
    writeFileSync(path, [...bogus, signed(9), ...bogus].join(''));
    expect(await read(new WitnessFile(path))).toEqual([9, 9]);
  });

  it('is read on where a note was not whole', async () => {
    const next = signed(9);
    writeFileSync(path, signed(3) + next.slice(0, 60));
    const file = new WitnessFile(path);
    expect(await read(file)).toEqual([3, 3]);
    appendFileSync(path, next.slice(60));
    expect(await read(file)).toEqual([9, 9]);
  });

  it('says what is in it now, and still counts by what was', async () => {
    writeFileSync(path, signed(3) + signed(9));
    const file = new WitnessFile(path);
    await read(file);
    truncateSync(path, Buffer.byteLength(signed(3)));
    expect(await file.read(judge)).toMatchObject({ size: 3, isAnew: true });
    expect(await read(file)).toEqual([9, 3]);
    rmSync(path);
    await expect(file.read(judge)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(sizeIn(file.known(judge).note)).toBe(9);
    expect(await read(new WitnessFile(path)).catch(() => 'gone')).toBe('gone');
  });

  it('does not count by what a person knows to be gone', async () => {
    writeFileSync(path, signed(3) + signed(9));
    const file = new WitnessFile(path);
    await read(file);
    settled = [9];
    expect(await read(file)).toEqual([3, 9]);
    expect(await read(new WitnessFile(path))).toEqual([3, 9]);
  });
});

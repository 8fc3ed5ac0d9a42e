import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { PlacedCheckpoint } from '../audit/index.js';
import { FileWitness } from './file.witness.js';

const COSIGNED = '— w1 AAAAAAAA==\n';
const at = (size: number): PlacedCheckpoint => ({
  ...{ size, position: size, at: 0 },
  // As a root in base64 does, the text ends like a signature.
  note: `origin\n${size}\nroot=\n\n— origin BBBB=\n${size === 2 ? COSIGNED : ''}`,
});
const textOf = (...sizes: number[]) => sizes.map((size) => `${at(size).note}\n`).join('');

describe('a file that checkpoints are appended to', () => {
  let folder: string;
  let path: string;
  const opened: FileWitness[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-witness-'));
    path = join(folder, 'checkpoints');
  });
  afterEach(async () => {
    for (const witness of opened.splice(0)) await witness.close();
    rmSync(folder, { recursive: true });
  });
  const open = () => {
    const witness = new FileWitness(path, 'origin');
    opened.push(witness);
    return witness;
  };

  it('has one after the other, and is nobody else’s to read', async () => {
    const witness = open();
    expect(await witness.deliver([at(1), at(2)])).toBe(2);
    await witness.deliver([at(3)]);
    expect(readFileSync(path, 'utf8')).toBe(textOf(1, 2, 3));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is whole again, wherever a write to it was cut off', async () => {
    const whole = Buffer.from(textOf(1, 2, 3));
    for (let bytes = 0; bytes <= whole.length; bytes += 1) {
      writeFileSync(path, whole.subarray(0, bytes));
      await open().deliver([at(4)]);
      const left = [3, 2, 1, 0].find(
        (count) => bytes >= Buffer.byteLength(textOf(...[1, 2, 3].slice(0, count))),
      );
      expect(readFileSync(path, 'utf8')).toBe(textOf(...[1, 2, 3].slice(0, left), 4));
    }
  });

  it.each(['another\n1\nroot=\n\n— another BBBB=\n\n', 'SQLite format 3', '\n'])(
    'is left as it is where it holds something else: %j',
    async (text) => {
      writeFileSync(path, text);
      await expect(open().deliver([at(1)])).rejects.toMatchObject({
        reason: 'the file holds something else',
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );
});

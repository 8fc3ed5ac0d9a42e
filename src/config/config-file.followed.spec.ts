import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { FollowedFile } from './config-file.js';

let folder: string;
let path: string;
let file: FollowedFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  path = join(folder, 'gateway.yaml');
  file = new FollowedFile(path);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function looks(count: number): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  for (let look = 0; look < count; look += 1) seen.push(await file.look());
  return seen;
}

async function following(text: string): Promise<void> {
  writeFileSync(path, text);
  expect(await looks(2)).toEqual([undefined, text]);
}

describe('a file that is followed', () => {
  test('is reported once, at the second look that finds it the same', async () => {
    await following('one');
    expect(await looks(3)).toEqual([undefined, undefined, undefined]);
  });

  test('is not reported while it is being written', async () => {
    await following('one');
    const seen: (string | undefined)[] = [];
    for (const text of ['t', 'tw', 'two']) {
      writeFileSync(path, text);
      seen.push(await file.look());
    }
    expect(seen).toEqual([undefined, undefined, undefined]);
    expect(await file.look()).toBe('two');
  });

  test('is reported when it was changed in place to a text of the same length', async () => {
    await following('one');
    writeFileSync(path, 'two');
    expect(await looks(2)).toEqual([undefined, 'two']);
  });

  test('is reported when another file was renamed over it, as editors do', async () => {
    await following('one');
    writeFileSync(`${path}~`, 'two');
    renameSync(`${path}~`, path);
    expect(await looks(2)).toEqual([undefined, 'two']);
  });

  test('is reported when a link on the way to it was swapped, as Kubernetes does', async () => {
    for (const [name, text] of [
      ['v1', 'one'],
      ['v2', 'two'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'gateway.yaml'), text);
    }
    symlinkSync('v1', join(folder, '..data'));
    symlinkSync(join('..data', 'gateway.yaml'), path);
    expect(await looks(2)).toEqual([undefined, 'one']);
    symlinkSync('v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    expect(await looks(2)).toEqual([undefined, 'two']);
  });

  test('is reported again after it was away', async () => {
    await following('one');
    rmSync(path);
    await expect(file.look()).rejects.toThrow('ENOENT');
    writeFileSync(path, 'two');
    expect(await looks(2)).toEqual([undefined, 'two']);
  });

  test('is not reported when it only came back as it was', async () => {
    await following('one');
    rmSync(path);
    await expect(file.look()).rejects.toThrow('ENOENT');
    await expect(looks(1)).rejects.toThrow('ENOENT');
    writeFileSync(path, 'one');
    expect(await looks(3)).toEqual([undefined, undefined, undefined]);
  });
});

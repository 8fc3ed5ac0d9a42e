import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ACCESS_KEY } from '../../config/formats.js';
import { FakeClock, RecordedLog } from './authentication.fixture.js';
import { ReloadingSecrets } from './reloading-secrets.js';

let folder: string;
let file: string;
let clock: FakeClock;
let log: RecordedLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-secret-'));
  file = join(folder, 'secret');
  writeFileSync(file, 'old\n');
  clock = new FakeClock();
  log = new RecordedLog();
});
afterEach(() => rmSync(folder, { recursive: true }));

const secretsIn = (path = file) =>
  new ReloadingSecrets(
    { one: { value: 'old', file: path }, other: { value: 'written in place' } },
    clock,
    log,
  );

describe('a secret that came from a file', () => {
  it('is what the file says now', async () => {
    const secrets = secretsIn();
    writeFileSync(file, 'new\r\n');
    await secrets.refresh();
    expect(secrets.values).toEqual({ one: 'new', other: 'written in place' });
    expect(secrets.version).toBe(1);
    expect(log.lines).toEqual([
      JSON.stringify(['secrets have changed in their files and are used from now on', { secrets: ['one'] }]),
    ]);
  });

  it('follows a file that is replaced by renaming, and one behind a link that is turned round', async () => {
    const secrets = secretsIn();
    writeFileSync(join(folder, 'next'), 'renamed');
    renameSync(join(folder, 'next'), file);
    await secrets.refresh();
    expect(secrets.values.one).toBe('renamed');
    for (const name of ['first', 'second']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'secret'), name);
    }
    symlinkSync('first', join(folder, 'data'));
    const linked = secretsIn(join(folder, 'data', 'secret'));
    await linked.refresh();
    symlinkSync('second', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'data'));
    await linked.refresh('now');
    expect(linked.values.one).toBe('second');
  });

  it('is read at most once a second, unless it must be now', async () => {
    const secrets = secretsIn();
    await secrets.refresh();
    writeFileSync(file, 'new');
    await clock.advance(999);
    await secrets.refresh();
    expect(secrets.values.one).toBe('old');
    await clock.advance(1);
    await secrets.refresh();
    expect(secrets.values.one).toBe('new');
    writeFileSync(file, 'newest');
    await secrets.refresh('now');
    expect(secrets.values.one).toBe('newest');
  });

  it.each<[string, (path: string) => void, string]>([
    ['is gone', (path) => rmSync(path), 'cannot be read (ENOENT)'],
    ['is empty', (path) => writeFileSync(path, ''), 'is empty'],
    ['is only a line break', (path) => writeFileSync(path, '\n'), 'is empty'],
    ['has two lines', (path) => writeFileSync(path, 'SECRET\nSECRET\n'), 'must not contain line breaks'],
    ['begins with a byte order mark', (path) => writeFileSync(path, '\uFEFFSECRET'), 'byte order mark'],
    ['is UTF-16', (path) => writeFileSync(path, '\uFEFFSECRET', 'utf16le'), 'not UTF-8'],
    ['ends with a blank', (path) => writeFileSync(path, 'SECRET \n'), 'blank'],
    ['has a NUL', (path) => writeFileSync(path, 'SECRET\0'), 'NUL'],
  ])('stays as it was when the file %s, which is logged once and without it', async (_, spoil, problem) => {
    const secrets = secretsIn();
    spoil(file);
    await secrets.refresh('now');
    await secrets.refresh('now');
    expect(secrets.values.one).toBe('old');
    expect(secrets.version).toBe(0);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(problem);
    expect(log.lines[0]).not.toContain('SECRET');
    rmSync(file, { force: true });
    writeFileSync(file, 'good again');
    await secrets.refresh('now');
    expect(secrets.values.one).toBe('good again');
  });

  it('stays as it was when the new one does not have its form', async () => {
    const secrets = new ReloadingSecrets({ ak: { value: 'old', file, format: ACCESS_KEY } }, clock, log);
    writeFileSync(file, 'a key, no');
    await secrets.refresh();
    expect(secrets.values.ak).toBe('old');
  });

  it('stays as it was when one that belongs to it is bad', async () => {
    const second = join(folder, 'second');
    writeFileSync(second, 'old');
    const settings = { one: { value: 'old', file }, two: { value: 'old', file: second } };
    const secrets = new ReloadingSecrets(settings, clock, log);
    writeFileSync(file, 'new');
    writeFileSync(second, '');
    await secrets.refresh('now');
    expect(secrets.values).toEqual({ one: 'old', two: 'old' });
    writeFileSync(second, 'new');
    await secrets.refresh('now');
    expect(secrets.values).toEqual({ one: 'new', two: 'new' });
  });
});

describe('a secret that is written in place', () => {
  it('is never read from anywhere', async () => {
    const secrets = new ReloadingSecrets({ one: { value: 'old' } }, clock, log);
    await secrets.refresh('now');
    expect(secrets.values).toEqual({ one: 'old' });
    expect(log.lines).toEqual([]);
  });
});

import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AuditAppend } from './audit.engine.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { FileLock } from './embedded.lock.js';

const COUNT = 'SELECT COUNT(*) AS count FROM audit_record';
/** Takes a second or so. */
const LONG = `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 4000000)
  SELECT COUNT(*) AS count FROM number`;

const at = Date.parse('2026-08-16T09:05:22.701Z');
const body = JSON.stringify({ kind: 'refusal', at: new Date(at).toISOString() });
const refusal: AuditAppend = { kind: 'refusal', at, operationId: null, body };

describe('readings of the embedded database', () => {
  let folder: string;
  let file: string;
  let engine: EmbeddedEngine;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-engine-'));
    file = join(folder, 'gateway.db');
    engine = await EmbeddedEngine.open(file);
  });
  afterEach(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('never keep a record waiting', async () => {
    await engine.read(COUNT, []);
    const order: string[] = [];
    const reading = engine.read(LONG, []).then(() => order.push('read'));
    await engine.append([refusal]);
    order.push('appended');
    await engine.query(COUNT, []);
    order.push('queried');
    await reading;
    expect(order).toEqual(['appended', 'queried', 'read']);
  });

  it('see every record whose append has resolved', async () => {
    for (let count = 1; count <= 100; count += 1) {
      await engine.append([refusal]);
      expect(await engine.read(COUNT, [])).toEqual([{ count }]);
    }
  });

  it('change nothing', async () => {
    await engine.append([refusal]);
    await expect(engine.read('DELETE FROM audit_record RETURNING seq', [])).rejects.toThrow('readonly');
    expect(await engine.read(COUNT, [])).toEqual([{ count: 1 }]);
  });

  it('are of the file that is written to, also when another one is in its place by the first of them', async () => {
    const another = await EmbeddedEngine.open(join(folder, 'another.db'));
    await another.close();
    await engine.append([refusal]);
    for (const end of ['', '-wal', '-shm']) renameSync(file + end, `${file}-away${end}`);
    renameSync(join(folder, 'another.db'), file);
    expect(await engine.read(COUNT, [])).toEqual([{ count: 1 }]);
  });

  it('leave nothing in the log when the gateway ends, and nothing readable for others beside it', async () => {
    await engine.append([refusal]);
    await engine.read(COUNT, []);
    for (const end of ['', '-wal', '-shm', '-lock']) expect(statSync(file + end).mode & 0o777).toBe(0o600);
    await engine.close();
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
    engine = await EmbeddedEngine.open(file);
    expect(await engine.read(COUNT, [])).toEqual([{ count: 1 }]);
  });
});

describe('a file that another gateway may have', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-engine-'));
    file = join(folder, 'gateway.db');
    await (await EmbeddedEngine.open(file)).close();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const whyNot = async (path: string): Promise<string> => {
    const opened = await EmbeddedEngine.open(path).catch((error: Error) => String(error.cause));
    if (typeof opened === 'string') return opened;
    await opened.close();
    return 'it was opened';
  };

  it('is not opened by a second name, which has a log and a lock of its own', async () => {
    mkdirSync(join(folder, 'other'));
    linkSync(file, join(folder, 'other', 'gateway.db'));
    for (const path of [file, join(folder, 'other', 'gateway.db')])
      expect(await whyNot(path)).toContain('several hard links');
    rmSync(join(folder, 'other'), { recursive: true });
    expect(await whyNot(file)).toBe('it was opened');
  });

  it.each<[string, (lock: string) => void]>([
    ['something else', (lock) => writeFileSync(lock, 'not a lock of the gateway'.repeat(100))],
    ['a folder', (lock) => mkdirSync(lock)],
  ])('is not taken for damaged where its lock is %s', async (_, put) => {
    rmSync(`${file}-lock`);
    put(`${file}-lock`);
    const why = await whyNot(file);
    expect(why).toContain(`its lock ${file}-lock is no file of the gateway's: remove that`);
    expect(why).not.toContain('backup');
    rmSync(`${file}-lock`, { recursive: true });
    expect(await whyNot(file)).toBe('it was opened');
  });

  it('does not have its lock blamed where there is none, and none can be made', () => {
    const lock = () => new FileLock(join(folder, 'missing', 'gateway.db-lock'));
    expect(lock).toThrow('directory does not exist');
    expect(lock).not.toThrow('remove that');
  });
});

import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AuditAppend } from './audit.engine.js';
import { EmbeddedEngine } from './embedded.engine.js';

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

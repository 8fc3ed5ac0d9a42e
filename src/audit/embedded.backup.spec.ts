import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AuditAppend } from './audit.engine.js';
import { backUp } from './embedded.backup.js';
import { EmbeddedDatabase } from './embedded.database.js';
import { SCHEMA_STEPS } from './schema.js';

const at = Date.parse('2026-08-16T09:05:22.701Z');
/** Each of some pages. */
const detail = 'x'.repeat(50_000);
const body = JSON.stringify({ kind: 'refusal', at: new Date(at).toISOString(), detail });
const refusals = (count: number): AuditAppend[] =>
  Array.from({ length: count }, () => ({ kind: 'refusal', at, operationId: null, body }));

let folder: string;
let file: string;
let target: string;
let trail: EmbeddedDatabase;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-backup-'));
  for (const name of ['from', 'to']) mkdirSync(join(folder, name));
  file = join(folder, 'from', 'gateway.db');
  target = join(folder, 'to', 'backup.db');
  trail = new EmbeddedDatabase(file);
});
afterEach(() => {
  trail.close();
  rmSync(folder, { recursive: true });
});

const left = () => readdirSync(join(folder, 'to'));

describe('a backup', () => {
  it('is of one moment and ends, however much is written meanwhile, and the file goes on being written', async () => {
    const before = 600;
    trail.append(refusals(before));
    let steps = 0;
    const onProgress = (step: string) => {
      // Begun anew for each commit it would never end.
      if (step === 'copied' && (steps += 1) <= 100) trail.append(refusals(1));
    };
    const { records, hash } = await backUp(file, target, { onProgress });
    expect([records, steps > 3, steps < 100]).toEqual([before, true, true]);
    expect(trail.unavailable()).toBeUndefined();
    trail.append(refusals(1));
    expect(trail.query('SELECT COUNT(*) AS count FROM audit_record', [])).toEqual([
      { count: before + steps + 1 },
    ]);

    expect(left()).toEqual(['backup.db']);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    const copy = new EmbeddedDatabase(target, trail.keys);
    const last = 'SELECT seq, hex(hash) AS hash FROM audit_record ORDER BY seq DESC LIMIT 1';
    expect(copy.query(last, [])).toEqual([{ seq: before, hash: hash.toUpperCase() }]);
    copy.append(refusals(1));
    copy.close();
  });

  it('can be read where nothing can be written beside it', async () => {
    trail.append(refusals(2));
    await backUp(file, target);
    const database = new Database(target, { readonly: true });
    expect(database.pragma('journal_mode', { simple: true })).toBe('delete');
    database.close();
    expect(left()).toEqual(['backup.db']);
  });

  it('holds what a gateway that was killed left in the log alone', async () => {
    trail.append(refusals(3));
    const killed = join(folder, 'gateway.db');
    for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${killed}${suffix}`);
    expect(await backUp(killed, target)).toMatchObject({ records: 3 });
  });

  it('does not touch what is there already', async () => {
    writeFileSync(target, 'mine');
    await expect(backUp(file, target)).rejects.toThrow(`${target} exists`);
    expect([readFileSync(target, 'utf8'), left()]).toEqual(['mine', ['backup.db']]);
  });

  it('does not take the name of what came meanwhile', async () => {
    const onProgress = () => writeFileSync(target, 'mine');
    trail.append(refusals(1));
    await expect(backUp(file, target, { onProgress })).rejects.toThrow(`${target} exists`);
    expect([readFileSync(target, 'utf8'), left()]).toEqual(['mine', ['backup.db']]);
  });

  it.each(['copied', 'checked'])('leaves nothing when it is stopped while it is %s', async (when) => {
    trail.append(refusals(600));
    const stop = new AbortController();
    const onProgress = (step: string) => {
      if (step === when) stop.abort(new Error('stopped'));
    };
    // A copy of few steps is stopped before the next one, and a check of few slices as well.
    trail.append(Array.from({ length: 2_000 }, () => ({ ...refusals(1)[0]!, body: body.replace(/x+/, '') })));
    await expect(backUp(file, target, { onProgress, signal: stop.signal })).rejects.toThrow('stopped');
    expect(left()).toEqual([]);
  });
});

describe('no backup is made', () => {
  const refused: readonly (readonly [string, () => void, RegExp])[] = [
    ['of what is not there', () => rmSync(file), /is not there/],
    ['of a text', () => writeFileSync(file, 'a text '.repeat(9_999)), /is no SQLite database/],
    ["of another application's", () => remake('CREATE TABLE t (x)'), /belongs to another application/],
    ['of an empty file', () => writeFileSync(file, ''), /it is empty/],
    ['of a database without tables', () => remake('VACUUM'), /it holds no trail/],
    [
      "of a newer version's",
      () => change(`PRAGMA user_version = ${SCHEMA_STEPS.length + 1}`),
      /a newer version of the gateway wrote it/,
    ],
    [
      'of a trail that was changed',
      () => change("UPDATE audit_record SET body = replace(body, 'x', 'y') WHERE seq = 2"),
      /record 2 of the trail: altered, it does not follow/,
    ],
    [
      'of a trail with a gap',
      () => change('DELETE FROM audit_record WHERE seq = 2'),
      /record 2 of the trail: missing/,
    ],
  ];
  const change = (sql: string) => {
    const database = new Database(file);
    database.exec(sql);
    database.close();
  };
  const remake = (sql: string) => {
    rmSync(file);
    change(sql);
  };

  it.each(refused)('%s, and nothing is left', async (_, spoil, why) => {
    trail.append(refusals(3));
    trail.close();
    spoil();
    await expect(backUp(file, target)).rejects.toThrow(why);
    expect(left()).toEqual([]);
  });

  it('where its folder is not there', async () => {
    const elsewhere = join(folder, 'nowhere', 'backup.db');
    await expect(backUp(file, elsewhere)).rejects.toThrow('ENOENT');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

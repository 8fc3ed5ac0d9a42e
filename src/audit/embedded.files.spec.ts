import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { damageOfLog, holdsFrames } from './embedded.files.js';

const PAGE = 512;
const FRAME = 24 + PAGE;

let folder: string;
/** The log of each way of writing, while its database was open, and how many bytes of it count. */
const logs = new Map<string, { readonly bytes: Buffer; readonly valid: number }>();

type Write = (database: Database.Database, insert: (letters: number) => void) => void;

const commits = (insert: (letters: number) => void, ...lengths: number[]) => lengths.forEach(insert);

const WAYS: Readonly<Record<string, Write>> = {
  'some transactions': (_, insert) => commits(insert, 10, 3_000, 10, 900, 10),
  'an older generation behind the newest': (database, insert) => {
    commits(insert, 9_000, 9_000, 10);
    database.pragma('wal_checkpoint(RESTART)');
    commits(insert, 10, 600, 10);
  },
  'what was taken back behind what was written instead': (database, insert) => {
    commits(insert, 10, 10);
    // More than the cache holds goes to the log before it is known whether it stays.
    database.pragma('cache_size = 1');
    database.exec('BEGIN');
    commits(insert, 20_000, 20_000);
    database.exec('ROLLBACK');
    commits(insert, 10, 10);
  },
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  for (const [way, write] of Object.entries(WAYS)) {
    const database = new Database(join(folder, 'sample.db'));
    database.pragma(`page_size = ${PAGE}`);
    database.pragma('journal_mode = WAL');
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('CREATE TABLE t (x TEXT)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    write(database, (letters) => void insert.run('x'.repeat(letters)));
    copyFileSync(join(folder, 'sample.db-wal'), join(folder, 'log'));
    // SQLite says so itself: frames in the log, all of which count.
    const [{ log }] = database.pragma('wal_checkpoint(PASSIVE)') as [{ log: number }];
    database.close();
    rmSync(join(folder, 'sample.db'));
    logs.set(way, { bytes: readFileSync(join(folder, 'log')), valid: 32 + log * FRAME });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const logOf = (way: string) => logs.get(way) ?? { bytes: Buffer.of(), valid: 0 };
function damageIn(bytes: Buffer): string | undefined {
  const path = join(folder, 'log');
  writeFileSync(path, bytes);
  return damageOfLog(path);
}

describe.each(Object.keys(WAYS))('a log with %s', (way) => {
  it('is sound', () => {
    const { bytes, valid } = logOf(way);
    expect(damageIn(bytes)).toBeUndefined();
    expect(valid > 32 && (valid < bytes.length || way === 'some transactions')).toBe(true);
  });

  it('is sound wherever a process was killed', () => {
    const { bytes } = logOf(way);
    fc.assert(
      fc.property(fc.nat(bytes.length), (length) => {
        expect(damageIn(bytes.subarray(0, length))).toBeUndefined();
      }),
    );
  });

  it('is damaged where any byte that counts is another', () => {
    const { bytes, valid } = logOf(way);
    fc.assert(
      fc.property(fc.nat(valid - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        // The mark of the last commit of all: without it, it is one that was under way.
        const mark = valid - FRAME + 4;
        fc.pre(at < mark || at >= mark + 4 || changed.readUInt32BE(mark) !== 0);
        expect(damageIn(changed)).toMatch(/does not fit/);
      }),
      { numRuns: 300 },
    );
  });

  it('is sound where only what does not count is another', () => {
    const { bytes, valid } = logOf(way);
    const changed = Buffer.from(bytes);
    changed.fill(7, valid + 40);
    expect(damageIn(changed)).toBeUndefined();
  });
});

describe('a log', () => {
  it('that is not there or empty is sound, and holds nothing', () => {
    const path = join(folder, 'none');
    expect([damageOfLog(path), holdsFrames(path)]).toEqual([undefined, false]);
    appendFileSync(path, '');
    expect([damageOfLog(path), holdsFrames(path)]).toEqual([undefined, false]);
  });

  it('of zeros, or of anything else, is damaged', () => {
    expect(damageIn(Buffer.alloc(4 * FRAME))).toBe('its header does not fit');
    expect(damageIn(Buffer.from('text '.repeat(1_000)))).toBe('its header does not fit');
  });
});

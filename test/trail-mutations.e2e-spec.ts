import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { uuidv7 } from 'uuidv7';

import { AuditEngine, type AuditAppend } from '../src/audit/audit.engine.js';
import { EmbeddedDatabase } from '../src/audit/embedded.database.js';
import { engineOver } from '../src/audit/offline.js';
import { link } from '../src/audit/record-text.js';
import { AuditKeys, newAuditKey } from '../src/audit/tree/audit-keys.js';
import { openCheckpoint, signCheckpoint } from '../src/audit/tree/checkpoint.js';
import { EMPTY_ROOT, HASH_BYTES } from '../src/audit/tree/merkle-tree.js';
import { TILE_WIDTH } from '../src/audit/tree/tiles.js';
import { compareSideTables } from '../src/audit/side-tables.compare.js';
import { DatabaseSource } from '../src/audit/trail-source.js';
import { TrailVerifier } from '../src/audit/trail-verifier.js';
import { queriesOver } from '../src/audit/engine.dialect.js';
import { SeededRandom } from './simulation/seeded-random.js';
import { history, write } from './support/side-history.js';

/** Somebody changes a trail by hand, in every way that a database lets them: each is found, and the first bad record is named. */

const MUTATIONS = 10_000;
const RECORDS = 320;
const CHECKPOINT_EVERY = 45;

class InProcess extends AuditEngine {
  constructor(private readonly database: EmbeddedDatabase) {
    super();
  }
  append(entries: readonly AuditAppend[]) {
    return Promise.resolve(this.database.append(entries));
  }
  query(sql: string, parameters: Parameters<AuditEngine['query']>[1]) {
    return Promise.resolve(this.database.query(sql, parameters));
  }
  close() {
    return Promise.resolve(this.database.close());
  }
}

const KEY = newAuditKey();
const KEYS = new AuditKeys({ current: KEY });
const TRUSTED = { verifiers: KEYS.verifiers, keys: KEYS };

interface Trail {
  readonly bytes: Buffer;
  readonly rows: readonly Row[];
  /** Records that the last checkpoint covers. */
  readonly covered: number;
}

interface Row {
  seq: number;
  at: number;
  kind: string;
  operation_id: string | null;
  body: string;
  hash: Buffer;
  seal: Buffer | null;
}

let folder: string;
let trail: Trail;
let other: Trail;

const rowsOf = (database: Database.Database) =>
  database.prepare('SELECT * FROM audit_record ORDER BY seq').all() as Row[];

/** As a gateway leaves it that was killed: some records behind the last checkpoint are sealed alone. */
async function made(seed: number): Promise<Trail> {
  const path = join(folder, `${seed}.db`);
  const texts = { current: seed === 1 ? KEY : newAuditKey() };
  const { current } = new AuditKeys(texts);
  const database = new EmbeddedDatabase(path, texts);
  const engine = new InProcess(database);
  let covered = 0;
  const sign = (size: number, root: Uint8Array) => {
    const note = signCheckpoint({ origin: current.verifier.name, size, root }, current);
    database.query('INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)', [size, Date.now(), note]);
    covered = size;
  };
  sign(0, EMPTY_ROOT);
  const count = () => Number(database.query('SELECT COUNT(*) AS n FROM audit_record', [])[0]?.['n']);
  for (const [index, drawn] of fc.sample(history, { seed, numRuns: 200 }).entries()) {
    await write(engine, drawn.slice(0, 12));
    const size = count();
    if (size - covered >= CHECKPOINT_EVERY && size < RECORDS - 20) {
      const { root } = database.grow(10_000);
      if (root) sign(size, root);
    }
    if (size >= RECORDS) break;
    expect(index).toBeLessThan(199);
  }
  database.close();
  const file = new Database(path);
  file.pragma('journal_mode = DELETE');
  const found = { bytes: file.serialize(), rows: rowsOf(file), covered };
  file.close();
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-mutations-'));
  [trail, other] = [await made(1), await made(2)];
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is to be said of it: the first bad record; that something is wrong; or nothing, and why that does not matter. */
type Expected = { first: number } | 'found' | 'harmless' | 'nothing done';

type Mutation = (database: Database.Database, random: SeededRandom) => Expected;

const flipped = (text: string, random: SeededRandom): string => {
  const at = random.below(text.length);
  const code = text.charCodeAt(at);
  return text.slice(0, at) + String.fromCharCode(code ^ (1 + random.below(15)) || 33) + text.slice(at + 1);
};
const flippedBytes = (bytes: Buffer, random: SeededRandom): [Buffer, number] => {
  const changed = Buffer.from(bytes);
  const at = random.below(bytes.length);
  changed[at] = (changed[at] ?? 0) ^ (1 + random.below(255));
  return [changed, at];
};
const set = (database: Database.Database, row: Row, column: keyof Row, value: unknown) =>
  database.prepare(`UPDATE audit_record SET ${column} = ? WHERE seq = ?`).run(value, row.seq);

const put = (database: Database.Database, { seq, at, kind, operation_id, body, hash, seal }: Row) =>
  database
    .prepare(
      'INSERT OR REPLACE INTO audit_record (seq, at, kind, operation_id, body, hash, seal) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    .run(seq, at, kind, operation_id, body, hash, seal);

/** Makes the chain fit again, as somebody can who has no key: seals are kept, left out, or made up. */
function chainAnew(database: Database.Database, from: number, random: SeededRandom): void {
  const rows = rowsOf(database);
  let hash: Buffer = rows[from - 2]?.hash ?? Buffer.alloc(32);
  const seals = random.below(3);
  for (const row of rows.slice(from - 1)) {
    hash = link(hash, row.body);
    const seal = seals === 0 ? row.seal : seals === 1 ? null : Buffer.alloc(32, random.below(256));
    put(database, { ...row, hash, seal });
  }
}

const TEXTS = ['body', 'kind', 'operation_id'] as const;

const MUTATE: Readonly<Record<string, Mutation>> = {
  'a byte of a text': (database, random) => {
    const row = random.pick(trail.rows);
    const column = random.pick(TEXTS);
    set(database, row, column, flipped(row[column] ?? 'none', random));
    return { first: row.seq };
  },
  'a byte of a hash': (database, random) => {
    const row = random.pick(trail.rows);
    set(database, row, 'hash', flippedBytes(row.hash, random)[0]);
    return { first: row.seq };
  },
  'a time': (database, random) => {
    const row = random.pick(trail.rows);
    set(database, row, 'at', row.at + 1 + random.below(1_000));
    return { first: row.seq };
  },
  // What a checkpoint covers is proved by that: nobody reads its seal any more.
  'a byte of a seal': (database, random) => {
    const row = random.pick(trail.rows);
    set(database, row, 'seal', flippedBytes(row.seal ?? Buffer.alloc(32), random)[0]);
    return row.seq <= trail.covered ? 'harmless' : { first: row.seq };
  },
  'a column of another type': (database, random) => {
    const row = random.pick(trail.rows);
    const [column, value] = random.pick([
      ['body', Buffer.from(row.body)],
      ['hash', 'text'],
      ['at', 'text'],
    ] as const);
    set(database, row, column, value);
    return { first: row.seq };
  },
  // That the last record behind the last checkpoint was cut off shows in what it is about alone.
  'a drop': (database, random) => {
    const row = random.pick(trail.rows.slice(0, -1));
    database.prepare('DELETE FROM audit_record WHERE seq = ?').run(row.seq);
    return { first: row.seq };
  },
  'a swap': (database, random) => {
    const [one, two] = [random.pick(trail.rows), random.pick(trail.rows)];
    if (one === two) return 'nothing done';
    put(database, { ...one, seq: two.seq });
    put(database, { ...two, seq: one.seq });
    return { first: Math.min(one.seq, two.seq) };
  },
  'a cut before the last checkpoint': (database, random) => {
    const from = 1 + random.below(trail.covered);
    database.prepare('DELETE FROM audit_record WHERE seq >= ?').run(from);
    return { first: from };
  },
  'records of another trail': (database, random) => {
    const from = random.below(trail.rows.length);
    const count = 1 + random.below(20);
    const spliced = other.rows.slice(from, Math.min(from + count, trail.rows.length));
    for (const row of spliced) put(database, row);
    return { first: from + 1 };
  },
  'another text, and the chain made anew': (database, random) => {
    const row = random.pick(trail.rows);
    set(database, row, 'body', row.body.replace('"at":', '"forged":1,"at":'));
    chainAnew(database, row.seq, random);
    return { first: row.seq };
  },
  'a forged tail': (database, random) => {
    const from = 2 + random.below(trail.rows.length - 1);
    database.prepare('DELETE FROM audit_record WHERE seq >= ?').run(from);
    const count = 1 + random.below(5) + Math.max(0, trail.covered - from);
    for (let each = 0; each < count; each += 1) {
      const model = random.pick(other.rows.filter(({ operation_id }) => operation_id === null));
      put(database, { ...model, seq: from + each });
    }
    chainAnew(database, from, random);
    return { first: from };
  },
  'an intent by hand': (database, random) => {
    const model = random.pick(trail.rows.filter(({ kind }) => kind === 'intent'));
    const last = trail.rows.at(-1)!;
    const id = uuidv7();
    const body = model.body.replaceAll(model.operation_id ?? '', id);
    const hash = link(last.hash, body);
    const seal = random.pick([null, last.seal, Buffer.alloc(32, 1)]);
    put(database, { ...model, seq: last.seq + 1, operation_id: id, body, hash, seal });
    database.exec(`CREATE TEMP TABLE copied AS SELECT * FROM operation WHERE id = '${model.operation_id}'`);
    database.exec(`UPDATE copied SET id = '${id}', status = 'pending', open = 1`);
    database.exec('INSERT INTO operation SELECT * FROM copied');
    return { first: last.seq + 1 };
  },
  'a table emptied': (database, random) => {
    const table = random.pick(['operation', 'reached_alarms', 'reached_host', 'brake']);
    const { changes } = database.prepare(`DELETE FROM ${table}`).run();
    return changes > 0 ? 'found' : 'nothing done';
  },
  'a row of a table': (database, random) => {
    const ids = database.prepare('SELECT id FROM operation').pluck().all() as string[];
    const column = random.pick([
      'caller',
      'type',
      'project',
      'enterprise_project_id',
      'status',
      'fate',
      'asked',
    ]);
    const change = random.pick([
      `${column} = coalesce(${column}, '') || 'x'`,
      'open = 1 - open',
      "undoes = 'x'",
      'expires_at = 1',
    ]);
    database.prepare(`UPDATE operation SET ${change} WHERE id = ?`).run(random.pick(ids));
    return 'found';
  },
  'a byte of a tile': (database, random) => {
    const tiles = database.prepare('SELECT level, place, hashes FROM tree_tile').all() as {
      level: number;
      place: number;
      hashes: Buffer;
    }[];
    const { level, place, hashes } = random.pick(tiles);
    const [changed, at] = flippedBytes(hashes, random);
    const where = database.prepare('UPDATE tree_tile SET hashes = ? WHERE level = ? AND place = ?');
    where.run(changed, level, place);
    return level === 0 ? { first: place * TILE_WIDTH + Math.floor(at / HASH_BYTES) + 1 } : 'found';
  },
  'a tile removed': (database, random) => {
    const ids = database.prepare('SELECT level, place FROM tree_tile').all() as {
      level: number;
      place: number;
    }[];
    const { level, place } = random.pick(ids);
    database.prepare('DELETE FROM tree_tile WHERE level = ? AND place = ?').run(level, place);
    return level === 0 ? { first: place * TILE_WIDTH + 1 } : 'found';
  },
  'a byte of a checkpoint': (database, random) => {
    const notes = database.prepare('SELECT size, note FROM checkpoint').all() as {
      size: number;
      note: string;
    }[];
    const { size, note } = random.pick(notes);
    const changed = flipped(note, random);
    database.prepare('UPDATE checkpoint SET note = ? WHERE size = ?').run(changed, size);
    // The last characters of base64 hold bits that stand for nothing: the signature is the same.
    return isSigned(changed) ? 'harmless' : { first: Math.max(1, size) };
  },
  'a checkpoint under another size': (database, random) => {
    const sizes = database.prepare('SELECT size FROM checkpoint').pluck().all() as number[];
    const size = random.pick(sizes);
    const change = database.prepare('UPDATE OR IGNORE checkpoint SET size = ? WHERE size = ?');
    const { changes } = change.run(size + 1 + random.below(9), size);
    return changes > 0 ? 'found' : 'nothing done';
  },
  // A later one covers the same records; where the last one is gone, the one before and seals still say what they said.
  'a checkpoint removed': (database, random) => {
    const sizes = database.prepare('SELECT size FROM checkpoint').pluck().all() as number[];
    const size = random.pick(sizes);
    database.prepare('DELETE FROM checkpoint WHERE size = ?').run(size);
    return size === 0 ? { first: 1 } : 'harmless';
  },
  // When it was signed is what narrows a search: the note says nothing of it.
  'the time of a checkpoint': (database, random) => {
    database.prepare('UPDATE checkpoint SET at = at + ?').run(1 + random.below(1_000));
    return 'harmless';
  },
};

function isSigned(note: string): boolean {
  try {
    openCheckpoint(note, KEYS.verifiers);
    return true;
  } catch {
    return false;
  }
}

/** As the command does it; the tables are only asked where the trail itself says nothing. */
async function verified(database: Database.Database) {
  const engine = engineOver(database);
  const verifier = new TrailVerifier(new DatabaseSource(queriesOver(engine)), TRUSTED);
  await verifier.begin('base');
  const { covered, faults } = await verifier.run();
  return { covered, faults, tables: faults.length > 0 ? [] : await compareSideTables(engine, 1) };
}

describe('a trail that somebody changed', () => {
  it('is whole before, with records behind its last checkpoint', async () => {
    expect(trail.rows.length - trail.covered).toBeGreaterThan(10);
    expect(trail.covered).toBeGreaterThan(TILE_WIDTH);
    const report = await verified(new Database(Buffer.from(trail.bytes)));
    expect(report).toMatchObject({ covered: trail.covered, faults: [], tables: [] });
  });

  const names = Object.keys(MUTATE);
  it.each(names)('is found out: %s', async (name) => {
    const found = { named: 0, found: 0, harmless: 0 };
    const each = Math.ceil(MUTATIONS / names.length);
    for (let seed = 1; seed <= each; seed += 1) {
      const database = new Database(Buffer.from(trail.bytes));
      const expected = MUTATE[name]!(database, new SeededRandom(seed));
      const report = expected === 'nothing done' ? undefined : await verified(database);
      database.close();
      if (!report) continue;
      if (expected === 'harmless') {
        expect({ seed, ...report }).toMatchObject({ seed, faults: [], tables: [] });
        found.harmless += 1;
      } else {
        expect({ seed, wrong: report.faults.length + report.tables.length }).not.toEqual({ seed, wrong: 0 });
        found.found += 1;
        if (typeof expected !== 'object') continue;
        expect({ seed, first: report.faults[0]?.first, report }).toMatchObject({ seed, ...expected });
        found.named += 1;
      }
    }
    expect(found.found + found.harmless).toBeGreaterThan(each / 4);
  });
});

import type Database from 'better-sqlite3';
import { uuidv7 } from 'uuidv7';

import type { FaultKind } from '../../src/audit/trail-fault.js';
import { link } from '../../src/audit/record-text.js';
import { TREE_SIZE } from '../../src/audit/trail-source.js';
import { signCheckpoint } from '../../src/audit/tree/checkpoint.js';
import { HASH_BYTES, leafHash } from '../../src/audit/tree/merkle-tree.js';
import { TILE_WIDTH, TreeEdge } from '../../src/audit/tree/tiles.js';
import type { SeededRandom } from '../simulation/seeded-random.js';
import { keysOf, rowsOf, type MadeTrail, type RecordRow } from './made-trail.js';

/** What somebody can do to a trail by hand who has its database, but not its key. */

/** What is to be said of it. */
export type Expected =
  /** The first bad record, and where a checkpoint that was kept elsewhere shows it, that. */
  | { readonly first: number; readonly witnessed?: readonly string[] }
  /** The first fault, where no record is the first. */
  | { readonly what: FaultKind }
  /** What is named of what stands beside the trail. */
  | { readonly names: string }
  /** Nothing: it changes nothing that matters, for the reason that stands with it. */
  | 'harmless'
  | 'nothing done';

/** What is changed, and another trail to take records from. */
interface Subject {
  readonly trail: MadeTrail;
  readonly other: MadeTrail;
}

type Mutation = (database: Database.Database, random: SeededRandom, subject: Subject) => Expected;

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
const set = (database: Database.Database, row: RecordRow, column: keyof RecordRow, value: unknown) =>
  database.prepare(`UPDATE audit_record SET ${column} = ? WHERE seq = ?`).run(value, row.seq);

const put = (database: Database.Database, { seq, at, kind, operation_id, body, hash, seal }: RecordRow) =>
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

/** As a checkpoint of this size has it: hexadecimal digits. */
function rootIn(database: Database.Database, size: number): string {
  const note = database.prepare('SELECT note FROM checkpoint WHERE size = ?').pluck().get(size) as string;
  return Buffer.from(note.split('\n')[2] ?? '', 'base64').toString('hex');
}

const COLUMNS = ['caller', 'type', 'project', 'enterprise_project_id', 'status', 'fate', 'asked'];
const TEXTS = ['body', 'kind', 'operation_id'] as const;

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a byte of a text': (database, random, { trail }) => {
    const row = random.pick(trail.rows);
    const column = random.pick(TEXTS);
    set(database, row, column, flipped(row[column] ?? 'none', random));
    return { first: row.seq };
  },
  'a byte of a hash': (database, random, { trail }) => {
    const row = random.pick(trail.rows);
    set(database, row, 'hash', flippedBytes(row.hash, random)[0]);
    return { first: row.seq };
  },
  'a time': (database, random, { trail }) => {
    const row = random.pick(trail.rows);
    set(database, row, 'at', row.at + 1 + random.below(1_000));
    return { first: row.seq };
  },
  // What a checkpoint covers is proved by that: nobody reads its seal any more.
  'a byte of a seal': (database, random, { trail }) => {
    const row = random.pick(trail.rows);
    set(database, row, 'seal', flippedBytes(row.seal ?? Buffer.alloc(32), random)[0]);
    return row.seq <= trail.covered ? 'harmless' : { first: row.seq };
  },
  'a column of another type': (database, random, { trail }) => {
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
  'a drop': (database, random, { trail }) => {
    const row = random.pick(trail.rows.slice(0, -1));
    database.prepare('DELETE FROM audit_record WHERE seq = ?').run(row.seq);
    return { first: row.seq };
  },
  'a swap': (database, random, { trail }) => {
    const [one, two] = [random.pick(trail.rows), random.pick(trail.rows)];
    if (one === two) return 'nothing done';
    put(database, { ...one, seq: two.seq });
    put(database, { ...two, seq: one.seq });
    return { first: Math.min(one.seq, two.seq) };
  },
  'a cut before the last checkpoint': (database, random, { trail }) => {
    const from = 1 + random.below(trail.covered);
    database.prepare('DELETE FROM audit_record WHERE seq >= ?').run(from);
    return { first: from };
  },
  'records of another trail': (database, random, { trail, other }) => {
    const from = random.below(trail.rows.length);
    const count = 1 + random.below(20);
    const spliced = other.rows.slice(from, Math.min(from + count, trail.rows.length));
    for (const row of spliced) put(database, row);
    return { first: from + 1 };
  },
  'another text, and the chain made anew': (database, random, { trail }) => {
    const row = random.pick(trail.rows);
    set(database, row, 'body', row.body.replace('"at":', '"forged":1,"at":'));
    chainAnew(database, row.seq, random);
    return { first: row.seq };
  },
  'a forged tail': (database, random, { trail, other }) => {
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
  'an intent by hand': (database, random, { trail }) => {
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
  'a record where no trail has one': (database, random, { trail }) => {
    const seq = random.pick([0, -1 - random.below(9), 2 ** 52 + 1 + random.below(9), 2 ** 53]);
    put(database, { ...random.pick(trail.rows), seq });
    return { first: seq };
  },
  'records that are said to be in an archive': (database, random, { trail }) => {
    const sizes = database.prepare('SELECT size FROM checkpoint WHERE size > 0').pluck().all() as number[];
    const last = random.pick(sizes);
    const { hash } = trail.rows[last - 1]!;
    const { seq, hash: end } = trail.rows.at(-1)!;
    const [file, sha256] = ['audit.ndjson.gz', 'a'.repeat(64)];
    const insert =
      'INSERT INTO archive (first_seq, last_seq, at, file, sha256, hash) VALUES (1, ?, 1, ?, ?, ?)';
    database.prepare(insert).run(last, file, sha256, hash);
    database.prepare('DELETE FROM audit_record WHERE seq <= ?').run(last);
    const at = new Date().toISOString();
    const root = rootIn(database, last);
    const move = { kind: 'archive', at, first: 1, last, file, sha256, hash: hash.toString('hex'), root };
    const record = {
      at: Date.parse(at),
      kind: 'archive',
      operation_id: null,
      body: JSON.stringify(move),
      seal: null,
    };
    const place = random.pick([null, 0, -1, seq + 1]);
    if (place === null) return { first: last };
    put(database, { ...record, seq: place, hash: link(place > 0 ? end : Buffer.alloc(32), record.body) });
    return { first: place };
  },
  'a table emptied': (database, random) => {
    const table = random.pick(['operation', 'reached_alarms', 'reached_host', 'brake']);
    const { changes } = database.prepare(`DELETE FROM ${table}`).run();
    return changes > 0 ? { names: table } : 'nothing done';
  },
  'a row of a table': (database, random) => {
    const id = random.pick(database.prepare('SELECT id FROM operation').pluck().all() as string[]);
    const column = random.pick(COLUMNS);
    const change = random.pick([
      `${column} = coalesce(${column}, '') || 'x'`,
      'open = 1 - open',
      "undoes = 'x'",
      'expires_at = 1',
    ]);
    database.prepare(`UPDATE operation SET ${change} WHERE id = ?`).run(id);
    return { names: id };
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
    return level === 0 ? { first: place * TILE_WIDTH + Math.floor(at / HASH_BYTES) + 1 } : { what: 'tree' };
  },
  'a tile removed': (database, random) => {
    const ids = database.prepare('SELECT level, place FROM tree_tile').all() as {
      level: number;
      place: number;
    }[];
    const { level, place } = random.pick(ids);
    database.prepare('DELETE FROM tree_tile WHERE level = ? AND place = ?').run(level, place);
    return level === 0 ? { first: place * TILE_WIDTH + 1 } : { what: 'tree' };
  },
  'a byte of a checkpoint': (database, random) => {
    const notes = database.prepare('SELECT size, note FROM checkpoint').all() as {
      size: number;
      note: string;
    }[];
    const { size, note } = random.pick(notes);
    const changed = flipped(note, random);
    database.prepare('UPDATE checkpoint SET note = ? WHERE size = ?').run(changed, size);
    return { first: Math.max(1, size) };
  },
  'a checkpoint under another size': (database, random) => {
    const sizes = database.prepare('SELECT size FROM checkpoint').pluck().all() as number[];
    const size = random.pick(sizes);
    const change = database.prepare('UPDATE OR IGNORE checkpoint SET size = ? WHERE size = ?');
    const other = size + 1 + random.below(9);
    const { changes } = change.run(other, size);
    // That of size 0 is what everything begins with.
    return changes > 0 ? { first: size === 0 ? 1 : other } : 'nothing done';
  },
  // A later one covers the same records; where the last one is gone, the one before and seals still say what they said.
  'a checkpoint removed': (database, random) => {
    const sizes = database.prepare('SELECT size FROM checkpoint').pluck().all() as number[];
    const size = random.pick(sizes);
    database.prepare('DELETE FROM checkpoint WHERE size = ?').run(size);
    return size === 0 ? { first: 1 } : 'harmless';
  },
  // Whoever cuts off all that there is of the records, the tree and checkpoints alike, cannot do so where a witness is.
  'everything behind a checkpoint cut off': (database, random) => {
    const sizes = database.prepare('SELECT size FROM checkpoint ORDER BY size').pluck().all() as number[];
    const last = database.prepare('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1').pluck();
    const witnessed = [last.get() as string];
    const size = random.pick(sizes.slice(0, -1));
    database.prepare('DELETE FROM audit_record WHERE seq > ?').run(size);
    database.prepare('DELETE FROM checkpoint WHERE size > ?').run(size);
    database.prepare('DELETE FROM tree_tile WHERE level > 0 OR place * ? >= ?').run(TILE_WIDTH, size);
    database
      .prepare('UPDATE tree_tile SET hashes = substr(hashes, 1, ?) WHERE (place + 1) * ? > ?')
      .run((size % TILE_WIDTH) * HASH_BYTES, TILE_WIDTH, size);
    return { first: size + 1, witnessed };
  },
  // With the key too, a trail can be made that fits itself: only what was signed before, and kept elsewhere, shows it.
  'history made anew with the key': (database, random, { trail }) => {
    const keys = keysOf(trail);
    const row = random.pick(trail.rows.slice(0, trail.covered));
    set(database, row, 'body', row.body.replace('"at":', '"forged":1,"at":'));
    const notes = database.prepare('SELECT size, note FROM checkpoint ORDER BY size').all() as {
      size: number;
      note: string;
    }[];
    const edge = TreeEdge.empty();
    const size = database.prepare(TREE_SIZE).pluck().get() as number;
    let hash: Buffer = Buffer.alloc(32);
    for (const each of rowsOf(database)) {
      hash = link(hash, each.body);
      put(database, { ...each, hash, seal: each.seal && Buffer.from(keys.seal(each.seq, hash)) });
      if (each.seq > size) continue;
      edge.add(leafHash(each.body));
      if (!notes.some((one) => one.size === each.seq)) continue;
      const checkpoint = { origin: keys.current.verifier.name, size: each.seq, root: edge.root() };
      const change = database.prepare('UPDATE checkpoint SET note = ? WHERE size = ?');
      change.run(signCheckpoint(checkpoint, keys.current), each.seq);
    }
    const keep = database.prepare('INSERT OR REPLACE INTO tree_tile (level, place, hashes) VALUES (?, ?, ?)');
    for (const { level, place, hashes } of edge.takeChanged()) keep.run(level, place, hashes);
    return { first: trail.covered, witnessed: [notes.at(-1)!.note] };
  },
  // When it was signed is what narrows a search: the note says nothing of it.
  'the time of a checkpoint': (database, random) => {
    database.prepare('UPDATE checkpoint SET at = at + ?').run(1 + random.below(1_000));
    return 'harmless';
  },
};

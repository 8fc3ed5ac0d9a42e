import Database from 'better-sqlite3';

import { faultAt, GENESIS, type StoredRecord } from './record-text.js';
import { newerSchema, SCHEMA_STEPS, statementsFor } from './schema.js';

/** The existing trail cannot be used: what is wrong, and what to do. */
export class UnusableTrail extends Error {}

/** What to do where only a backup has what was there. */
const RESTORE =
  'the file was damaged or changed: keep it and what lies beside it, and put a backup in its place (docs/operations.md)';

export function damaged(what: string): UnusableTrail {
  return new UnusableTrail(`${what}; ${RESTORE}`);
}

/** Maximum length of the records of one slice together, but for the last. */
const SLICE_CHARACTERS = 4_194_304;

/** Follows the chain from one record to the next, and looks whether what finds a record again agrees with it. */
export class TrailCheck {
  readonly #next: Database.Statement<[number, number], StoredRecord>;
  #seq: number;
  #hash: Uint8Array;

  /** @param after the record behind which it begins; 0: at the first. What that record says is believed */
  constructor(database: Database.Database, after = 0) {
    this.#next = database.prepare(
      `SELECT seq, at, kind, operation_id, body, hash, caller, type, project, enterprise_project_id
       FROM audit_record LEFT JOIN operation ON id = operation_id
       WHERE seq > ? ORDER BY seq LIMIT ?`,
    );
    const before = database.prepare('SELECT hash FROM audit_record WHERE seq = ?').get(after);
    this.#seq = after;
    this.#hash = (before as { hash: Uint8Array } | undefined)?.hash ?? GENESIS;
  }

  /** The last one that was checked. */
  get seq(): number {
    return this.#seq;
  }

  /** Of that one. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  /**
   * Checks the next records, fewer where they are long. There must be at least one.
   *
   * @throws UnusableTrail
   */
  slice(records: number): void {
    const before = this.#seq;
    let characters = 0;
    for (const row of this.#next.iterate(before, records)) {
      const fault = faultAt(this.#seq + 1, row, this.#hash);
      if (fault !== undefined) throw damaged(fault);
      this.#seq = row.seq;
      this.#hash = row.hash;
      characters += row.body.length;
      if (characters > SLICE_CHARACTERS) break;
    }
    if (this.#seq === before) throw damaged(`record ${before + 1} of the trail is missing`);
  }
}

/** Operations that are listed, and whose records are not all there: as when records at the end of the trail were taken out. */
const INCOMPLETE = `
  SELECT id FROM operation WHERE NOT EXISTS (
    SELECT 1 FROM audit_record WHERE operation_id = id AND kind = 'intent'
  ) OR status <> 'pending' AND NOT EXISTS (
    SELECT 1 FROM audit_record WHERE operation_id = id AND kind <> 'intent'
  ) LIMIT 1`;

/** The words for a failure of SQLite's own. */
export function wordsFor(error: unknown): string {
  const { code } = error as { code?: unknown };
  const message = error instanceof Error ? error.message : 'the database failed';
  if (typeof code !== 'string') return message;
  if (code.startsWith('SQLITE_BUSY'))
    return 'another process has it open; one file serves one gateway, several share a PostgreSQL database';
  if (code.startsWith('SQLITE_READONLY')) return `${message}: check who owns it and its folder, and the disk`;
  return /^SQLITE_(?:CORRUPT|NOTADB|ERROR|FORMAT|SCHEMA|MISMATCH)/.test(code)
    ? // Not its message, which quotes what it stumbled over.
      damaged(`SQLite reports ${code}`).message
    : message;
}

/** Looks at every page and every index. @throws UnusableTrail */
export function checkStructure(database: Database.Database): void {
  const [found] = database.pragma('integrity_check(1)') as [{ integrity_check: string }];
  if (found.integrity_check !== 'ok')
    throw damaged(`SQLite finds: ${found.integrity_check.split('\n').join(' ')}`);
}

/** Looks for operations whose records are not all there. @throws UnusableTrail */
export function checkOperations(database: Database.Database): void {
  const incomplete = database.prepare(INCOMPLETE).get() as { id: string } | undefined;
  if (incomplete) throw damaged(`records of operation ${incomplete.id} are missing`);
}

/** Whether the tables are ours, as some version made them. @throws UnusableTrail */
export function checkSchema(database: Database.Database): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_STEPS.length) throw new UnusableTrail(newerSchema(version));
  const tables = tablesOf(database);
  if (version === 0 && tables.length > 0)
    throw new UnusableTrail(
      'the file belongs to another application, or is damaged: name another file in GATEWAY_DATABASE_URL, or put a backup of the trail in its place',
    );
  const known = new Database(':memory:');
  for (const step of SCHEMA_STEPS.slice(0, version))
    for (const statement of statementsFor('sqlite', step)) known.exec(statement);
  const expected = tablesOf(known);
  known.close();
  if (tables.join() !== expected.join()) throw damaged('its tables are not those of a trail');
}

/** How tables and indices were made, but for those that FTS5 keeps for itself; blanks count as little as they do in SQL. */
function tablesOf(database: Database.Database): string[] {
  const rows = database
    .prepare(
      "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alarm_index_%' AND name NOT LIKE 'record_words_%' ORDER BY name",
    )
    .all() as { type: string; name: string; sql: string | null }[];
  return rows.map(({ type, name, sql }) => `${type} ${name}: ${String(sql).replace(/\s+/g, ' ')}`);
}

import { join } from 'node:path';

import Database from 'better-sqlite3';
import fc from 'fast-check';

import { AuditEngine, type AuditAppend } from '../../src/audit/audit.engine.js';
import { EmbeddedDatabase } from '../../src/audit/embedded.database.js';
import { AuditKeys, newAuditKey } from '../../src/audit/tree/audit-keys.js';
import { signCheckpoint } from '../../src/audit/tree/checkpoint.js';
import { history, write } from './side-history.js';

/** A trail in a file of one's own, with every kind of record in it. */
export interface MadeTrail {
  /** The database, closed. */
  readonly bytes: Buffer;
  readonly rows: readonly RecordRow[];
  /** Records that the last checkpoint covers. */
  readonly covered: number;
  readonly key: string;
}

export interface RecordRow {
  seq: number;
  at: number;
  kind: string;
  operation_id: string | null;
  body: string;
  hash: Buffer;
  seal: Buffer | null;
}

export const rowsOf = (database: Database.Database) =>
  database.prepare('SELECT * FROM audit_record ORDER BY seq').all() as RecordRow[];

export const keysOf = ({ key }: Pick<MadeTrail, 'key'>): AuditKeys => new AuditKeys({ current: key });

/** What is in a file that nobody has open. */
export function trailIn(path: string, key: string): MadeTrail {
  const file = new Database(path);
  try {
    file.pragma('journal_mode = DELETE');
    const covered = file.prepare('SELECT max(size) FROM checkpoint').pluck().get() as number;
    return { bytes: file.serialize(), rows: rowsOf(file), covered, key };
  } finally {
    file.close();
  }
}

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

const DRAWN = 200;

/** As a gateway leaves it that was killed: the last records stand behind the last checkpoint. */
export async function makeTrail(
  folder: string,
  { seed, records, every }: { readonly seed: number; readonly records: number; readonly every: number },
): Promise<MadeTrail> {
  const path = join(folder, `${seed}-${records}.db`);
  const key = newAuditKey();
  const { current } = keysOf({ key });
  const database = new EmbeddedDatabase(path, { current: key });
  const engine = new InProcess(database);
  let covered = 0;
  const sign = (size: number, root: Uint8Array) => {
    const note = signCheckpoint({ origin: current.verifier.name, size, root }, current);
    database.query('INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)', [size, Date.now(), note]);
    covered = size;
  };
  const count = () => Number(database.query('SELECT COUNT(*) AS n FROM audit_record', [])[0]?.['n']);
  for (const drawn of fc.sample(history, { seed, numRuns: DRAWN })) {
    await write(engine, drawn.slice(0, 12));
    const size = count();
    if (size - covered >= every && size < records - every / 2) {
      const { root } = database.grow(10_000);
      if (root) sign(size, root);
    }
    if (size >= records) break;
  }
  database.close();
  return trailIn(path, key);
}

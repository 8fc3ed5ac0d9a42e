import { createHash } from 'node:crypto';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { AuditRecord } from '../../src/audit/audit-record.js';

interface Row {
  readonly seq: number;
  readonly kind: string;
  readonly body: string;
  readonly hash: Buffer;
}

/** What the database of an ended gateway holds, read without any code of the gateway's. */
export interface TrailFile {
  readonly records: readonly AuditRecord[];
  /** Sequence numbers of records whose place or hash does not follow from the record before: none in a trail that is intact. */
  readonly broken: readonly number[];
}

/** Reads the trail that a gateway left in its folder, and follows its chain: SHA-256 over the hash before and the record. */
export function readTrailFile(folder: string): TrailFile {
  const database = new Database(join(folder, 'gateway.db'));
  const rows = database.prepare('SELECT seq, kind, body, hash FROM audit_record ORDER BY seq').all() as Row[];
  database.close();
  let previous: Buffer = Buffer.alloc(32);
  const broken = rows.flatMap(({ seq, body, hash }, index) => {
    const expected = createHash('sha256').update(previous).update(body).digest();
    previous = hash;
    return seq === index + 1 && expected.equals(hash) ? [] : [seq];
  });
  return { records: rows.map(({ body }) => JSON.parse(body) as AuditRecord), broken };
}

import type { DatabaseConfig } from '../config/config.js';
import type { AuditEngine } from './audit.engine.js';
import type { AcknowledgementRecord } from './audit-record.js';
import { withExclusiveAccess, withSnapshot } from './offline.js';
import { GENESIS, link } from './record-text.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import type { TrailFault } from './trail-fault.js';
import type { AuditKeys } from './tree/audit-keys.js';
import { signAcknowledgement } from './tree/statements.js';
import { verifyTrail, type OnProgress } from './verification.js';
import { judgeBy, WitnessFile } from './witness-file.js';

/** Who acknowledges, and why, in their own words. */
export interface Acknowledging {
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Verifies the trail, and writes down that a person knows of what is wrong with it. Of a database file no gateway may run; in PostgreSQL
 * gateways go on, and wait for as long as the record is written.
 *
 * @param checkpoints the file of a witness, for what only that shows: that records are gone which it has seen
 * @returns what was acknowledged; empty: there was nothing, and nothing was written
 * @throws Error where that cannot be done
 */
export async function acknowledge(
  database: DatabaseConfig,
  keys: AuditKeys,
  { checkpoints, ...who }: Acknowledging & { readonly checkpoints?: string | undefined },
  onProgress?: OnProgress,
): Promise<readonly TrailFault[]> {
  const find = async (engine: AuditEngine) => {
    const witnessed = checkpoints === undefined ? [] : await largestIn(checkpoints, engine, keys);
    const { faults } = await verifyTrail(engine, { verifiers: keys.verifiers, keys, witnessed }, onProgress);
    return faults.flatMap(({ acknowledged, ...fault }) => (acknowledged ? [] : [fault]));
  };
  const write = (engine: AuditEngine, faults: readonly TrailFault[]) =>
    faults.length === 0 ? Promise.resolve() : append(engine, keys, who, faults);
  if (database.kind === 'postgres') {
    const faults = await withSnapshot(database, find);
    await withExclusiveAccess(database, (engine) => write(engine, faults));
    return faults;
  }
  return withExclusiveAccess(database, async (engine) => {
    const faults = await find(engine);
    await write(engine, faults);
    return faults;
  });
}

/** The checkpoint by which the gateway goes too; none where what it shows is acknowledged. @throws Error where there is none of this trail */
async function largestIn(path: string, engine: AuditEngine, keys: AuditKeys): Promise<readonly string[]> {
  const { statements, origin } = await statementsOf(engine, keys);
  const { note, size } = await new WitnessFile(path).read(judgeBy(statements, origin));
  if (size === 0) throw new Error(`no checkpoint of this trail is in ${path}`);
  return note === undefined ? [] : [note];
}

async function statementsOf(engine: AuditEngine, { current, verifiers }: AuditKeys) {
  const source = new DatabaseSource(engine);
  const last = await source.lastCheckpoint();
  const statements = await TrailStatements.read(source, verifiers, last);
  const origin = (last && statements.opened(last.note)?.origin) ?? current.verifier.name;
  return { source, statements, origin };
}

async function append(
  engine: AuditEngine,
  keys: AuditKeys,
  { by, reason, now }: Acknowledging,
  faults: readonly TrailFault[],
): Promise<void> {
  const { current } = keys;
  const { source, statements, origin } = await statementsOf(engine, keys);
  if (statements.current !== undefined && statements.current !== current.verifier.text)
    throw new Error('the audit key is not the one that the trail is signed with now');
  const at = new Date(now).toISOString();
  const record: AcknowledgementRecord = {
    kind: 'acknowledgement',
    at,
    origin,
    by,
    reason,
    faults,
    note: signAcknowledgement(origin, { faults }, current),
  };
  const body = JSON.stringify(record);
  // Where records were cut off that the tree has, this one does not take their place.
  const end = (await source.last()) ?? (await source.base());
  const seq = Math.max(end.seq, await source.treeSize()) + 1;
  const hash = link(end.seq === 0 ? GENESIS : end.hash, body);
  const values = [seq, now, record.kind, null, body, hash, keys.seal(seq, hash)];
  const places = values.map((_, index) => engine.place(index + 1)).join();
  await engine.query(
    `INSERT INTO audit_record (seq, at, kind, operation_id, body, hash, seal) VALUES (${places})`,
    values,
  );
}

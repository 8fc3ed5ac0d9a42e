import type { AuditEngine } from './audit.engine.js';
import type { DatabaseConfig } from '../config/config.js';
import { withSnapshot } from './offline.js';
import { compareSideTables } from './side-tables.compare.js';
import { exceptedBy } from './side-tables.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { TrailVerifier, type Trusted, type Verified } from './trail-verifier.js';
import { witnessedNotes, type WitnessedNotes } from './witnessed-notes.js';

/** What the archives of a trail come to. */
export interface ArchivesReport {
  /** How many the database names. */
  readonly count: number;
  /** What is wrong with them, in words. */
  readonly wrong: readonly string[];
}

/** What a verification of a whole trail comes to. */
export interface TrailReport extends Omit<Verified, 'done' | 'through'> {
  /** Sequences of the first and of the last record that are there; `last` below `first`: there are none. */
  readonly first: number;
  readonly last: number;
  /** What of the tables beside the trail is not what it says, in words; the first few. */
  readonly tables: readonly string[];
  /** Absent: none were given. */
  readonly witnessed?: WitnessedNotes;
  /** Where a folder with them was named. */
  readonly archives?: ArchivesReport;
}

export type OnProgress = (step: string, part: number) => void;

const RECORDS_AT_ONCE = 1_000;
const MOST_DIFFERENCES = 20;

/** Verifies all of a trail in a database, as it is at one moment, whether or not gateways run. @throws Error where that cannot be done */
export function verifyDatabase(
  database: DatabaseConfig,
  trusted: Trusted,
  onProgress: OnProgress = () => undefined,
): Promise<TrailReport> {
  return withSnapshot(database, (engine) => verifyTrail(engine, trusted, onProgress));
}

/** @param engine shows the same moment all the time */
export async function verifyTrail(
  engine: AuditEngine,
  trusted: Trusted,
  onProgress: OnProgress = () => undefined,
): Promise<TrailReport> {
  const source = new DatabaseSource(engine);
  const verifier = new TrailVerifier(source, trusted);
  const { seq: before } = await source.base();
  const last = (await source.last())?.seq ?? before;
  await verifier.begin('base');
  while (await verifier.step(RECORDS_AT_ONCE))
    onProgress('verified', (verifier.progress.through - before) / Math.max(1, last - before));
  const { covered, faults } = verifier.progress;
  const witnessed = await witnessedIn(source, trusted, before);
  const tables = await differences(engine, faults);
  return { first: before + 1, last, covered, faults, tables, ...(witnessed && { witnessed }) };
}

/** Those from before its first record are of what is in archives: they are compared with these. */
async function witnessedIn(
  source: DatabaseSource,
  { verifiers, witnessed: notes }: Trusted,
  before: number,
): Promise<WitnessedNotes | undefined> {
  if (!notes) return undefined;
  const statements = await TrailStatements.read(source, verifiers, await source.lastCheckpoint());
  return witnessedNotes(notes, statements, (size) => size > before);
}

/** Records that cannot be read name no rows to compare with. */
async function differences(engine: AuditEngine, faults: Verified['faults']): Promise<string[]> {
  try {
    const acknowledged = faults.filter((fault) => fault.acknowledged);
    return await compareSideTables(engine, MOST_DIFFERENCES, {
      excepted: await exceptedBy(engine, acknowledged),
    });
  } catch {
    return ['they cannot be compared with records that cannot be read'];
  }
}

export function isWhole({ faults, tables, archives }: TrailReport): boolean {
  const isBeside = tables.length === 0 && (archives?.wrong.length ?? 0) === 0;
  return isBeside && faults.every(({ acknowledged }) => acknowledged);
}

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { DatabaseConfig } from '../config/config.js';
import { digestOf } from './archive/archive-file.js';
import { linesOf } from './archive/lines-in.js';
import { queriesOver } from './engine.dialect.js';
import { verifyExport } from './export-verification.js';
import { withSnapshot } from './offline.js';
import { reasonOf } from './reason.js';
import { faultWords } from './trail-fault.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import type { Trusted } from './trail-verifier.js';
import type { ArchivesReport } from './verification.js';

/** Looks for each archive that the database names, and verifies it. @param folder in which all of them are @throws Error where that cannot be done */
export async function verifyArchives(
  database: DatabaseConfig,
  folder: string,
  trusted: Trusted,
  onProgress: (part: number) => void = () => undefined,
): Promise<ArchivesReport> {
  const { rows, verifiers } = await withSnapshot(database, async (engine) => {
    const source = new DatabaseSource(engine);
    // Those from before a change of the key are signed by the one before.
    const known = await TrailStatements.read(source, trusted.verifiers, await source.lastCheckpoint());
    return {
      rows: await queriesOver(engine).selectFrom('archive').selectAll().orderBy('first_seq').execute(),
      verifiers: trusted.verifiers && known.verifiers,
    };
  });
  const wrong: string[] = [];
  for (const [index, { first_seq: first, last_seq: last, file, sha256 }] of rows.entries()) {
    const name = basename(file);
    const fault = await faultOf(join(folder, name), { first, last, sha256 }, { verifiers });
    if (fault !== undefined) wrong.push(`${name}, which has records ${first} to ${last}, ${fault}`);
    onProgress((index + 1) / rows.length);
  }
  return { count: rows.length, wrong };
}

interface Named {
  readonly first: number;
  readonly last: number;
  readonly sha256: string;
}

async function faultOf(
  path: string,
  { first, last, sha256 }: Named,
  trusted: Trusted,
): Promise<string | undefined> {
  if (!existsSync(path)) return 'is not there';
  if ((await digestOf(path)) !== sha256) return 'is not as it was written';
  try {
    const report = await verifyExport(() => linesOf(path), trusted);
    const [fault] = report.faults.filter(({ acknowledged }) => !acknowledged);
    if (fault) return `is not whole: ${faultWords(fault)}`;
    return report.first === first && report.last === last ? undefined : 'has other records';
  } catch (error) {
    return `cannot be verified: ${reasonOf(error)}`;
  }
}

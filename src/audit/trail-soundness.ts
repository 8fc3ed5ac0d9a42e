import type { AuditEngine } from './audit.engine.js';
import { recordHead } from './record-text.js';
import { faultWords, type TrailFault } from './trail-fault.js';
import { DatabaseSource, type CheckedRecord } from './trail-source.js';
import { TrailVerifier } from './trail-verifier.js';

const RECORDS_AT_ONCE = 256;

/** What is known of a trail before anything is made of it. */
export interface Soundness {
  /** Records that are not as they were written, which a person knows of. */
  readonly acknowledged: readonly TrailFault[];
  /** Whether the kept tree is as the records make it. */
  readonly isTreeWhole: boolean;
}

/**
 * Verifies the records of a trail by themselves and by its checkpoints, whatever stands beside it.
 *
 * @param engine shows the same moment all the time
 * @param onProgress from 0 to 1
 * @throws Error where something is wrong with the records that nobody has acknowledged
 */
export async function checkSoundness(
  engine: AuditEngine,
  onProgress: (part: number) => void,
): Promise<Soundness> {
  const source = new OwnWords(engine);
  const verifier = new TrailVerifier(source, {});
  const { seq: before } = await source.base();
  const last = (await source.last())?.seq ?? before;
  await verifier.begin('base');
  while (await verifier.step(RECORDS_AT_ONCE))
    onProgress((verifier.progress.through - before) / Math.max(1, last - before));
  const { faults } = verifier.progress;
  // A row of an operation that no record is about goes with the others that no record says.
  const ofRecords = faults.filter(({ operationId }) => operationId === undefined);
  const wrong = ofRecords.find(({ what, acknowledged }) => what !== 'tree' && !acknowledged);
  if (wrong)
    throw new Error(
      `${faultWords(wrong)}: the tables are made of a trail that is whole, so nothing was changed`,
    );
  return {
    acknowledged: ofRecords.filter(({ what }) => what !== 'tree'),
    isTreeWhole: ofRecords.every(({ what }) => what !== 'tree'),
  };
}

/** In the place of the row that finds an intent stand the intent's own words: that row is what is to be made. */
class OwnWords extends DatabaseSource {
  override async records(after: number, limit: number): Promise<readonly CheckedRecord[]> {
    const rows = await super.records(after, limit);
    return rows.map((row) => ({ ...row, ...ownWords(row.body) }));
  }
}

function ownWords(
  body: string,
): Pick<CheckedRecord, 'caller' | 'type' | 'project' | 'enterprise_project_id'> {
  try {
    const { caller = null, operation = null, scope } = recordHead(body);
    const { project = null, enterpriseProjectId = null } = scope ?? {};
    return { caller, type: operation, project, enterprise_project_id: enterpriseProjectId };
  } catch {
    return { caller: null, type: null, project: null, enterprise_project_id: null };
  }
}

/** What the commands of `hss-gateway` do with a trail: without the services of a running gateway. */
export { acknowledge } from './acknowledgement.js';
export { verifyArchives } from './archives-verification.js';
export { backUp } from './embedded.backup.js';
export { withExclusiveAccess, withSnapshot } from './offline.js';
export { reasonOf } from './reason.js';
export { compareSideTables } from './side-tables.compare.js';
export { rebuildSideTables } from './side-tables.rebuild.js';
export { keyFileOf, readKey } from './embedded.key.js';
export { verifyExport } from './export-verification.js';
export { linesOf } from './archive/lines-in.js';
export { faultWords } from './trail-fault.js';
export { AuditKeys, newAuditKey } from './tree/audit-keys.js';
export { checkpointsIn } from './tree/checkpoint.js';
export { makeSignerKey, readSignerKey, readVerifierKey, signerText } from './tree/signed-note.js';
export { isWhole, verifyDatabase, type TrailReport } from './verification.js';

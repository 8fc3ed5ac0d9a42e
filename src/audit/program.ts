/** What the commands of `hss-gateway` do with a trail: without the services of a running gateway. */
export { backUp } from './embedded.backup.js';
export { withExclusiveAccess, withSnapshot } from './offline.js';
export { reasonOf } from './reason.js';
export { compareSideTables } from './side-tables.compare.js';
export { rebuildSideTables } from './side-tables.rebuild.js';

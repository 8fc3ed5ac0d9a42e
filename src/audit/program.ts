/** What the commands of `hss-gateway` do with a trail: without the services of a running gateway. */
export { backUp } from './embedded.backup.js';
export { reasonOf } from './reason.js';

export { UpstreamClient, type UpstreamResult } from './upstream.client.js';
export { operateAlarms, operateBody, readEvents } from './event-calls.js';
export { callFor, itemIdOf } from './list-calls.js';
export {
  ALARM_WHITELIST,
  BLOCKED_ADDRESSES,
  CHANGED_LIST,
  HANDLING_HISTORY,
  ISOLATED_FILES,
  LOGIN_WHITELIST,
  type UpstreamList,
  type WireItem,
} from './lists.js';
export { listingIn, listingOf, restAfter, type ListedRow, type Listing, type Rest } from './listing.js';
export type { ReadBack, UpstreamCall } from './upstream-call.js';
export { documentedFaults, UNKNOWN_PROJECT_FAULT, type DocumentedFault } from './documented-faults.js';
export { faultOfItems } from './item-fault.js';
export { documentedReadFaults, faultOfRead } from './read-fault.js';
export { stoodBefore, type AlarmStanding, type Standing } from './standing.js';
export type { ProjectGate } from './gate/project-gate.js';
export {
  ALL_GRANTED,
  coversEnterpriseProject,
  ENTERPRISE_PROJECT,
  enterpriseProjectOf,
} from './enterprise-project.js';
export { UpstreamModule } from './upstream.module.js';
export type { WireDetail, WireEvent, WireOperateBody, WireRule } from './wire.js';
export type { Forecast } from './forecast.js';
export type { PreviewedRequest } from './preview.js';

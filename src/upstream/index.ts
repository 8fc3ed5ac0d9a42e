export { UpstreamClient, type UpstreamResult } from './upstream.client.js';
export { operateAlarms, operateBody, readEvents } from '../hss/event-calls.js';
export { callFor, itemIdOf } from '../hss/list-calls.js';
export {
  ALARM_WHITELIST,
  BLOCKED_ADDRESSES,
  CHANGED_LIST,
  HANDLING_HISTORY,
  ISOLATED_FILES,
  LOGIN_WHITELIST,
  type UpstreamList,
  type WireItem,
} from '../hss/lists.js';
export { listingIn, listingOf, restAfter, type ListedRow, type Listing, type Rest } from '../hss/listing.js';
export type { ExpectedEffect as ReadBack, UpstreamCall } from './upstream-call.js';
export { documentedFaults, UNKNOWN_PROJECT_FAULT, type DocumentedFault } from '../hss/documented-faults.js';
export { faultOfItems } from '../hss/item-fault.js';
export { documentedReadFaults, faultOfRead, UNREADABLE_READ } from '../hss/read-fault.js';
export type { ObservedAlarm as AlarmStanding, ObservedState as Standing } from '../hss/observed-state.js';
export { TROUBLES, type Trouble } from './authentication/authenticator.js';
export type { ProjectGate } from './gate/project-gate.js';
export {
  ALL_GRANTED,
  coversEnterpriseProject,
  ENTERPRISE_PROJECT,
  enterpriseProjectOf,
} from './enterprise-project.js';
export { UpstreamModule } from './upstream.module.js';
export type { WireDetail, WireEvent, WireOperateBody, WireRule } from './wire.js';
export type { Prediction as Forecast } from '../hss/predict-outcome.js';
export type { PreviewedRequest } from '../hss/preview.js';

export { UpstreamClient, type UpstreamResult } from './upstream.client.js';
export { operateAlarms, operateBody, type UpstreamCall } from './upstream-call.js';
export {
  ALL_GRANTED,
  coversEnterpriseProject,
  ENTERPRISE_PROJECT,
  enterpriseProjectOf,
} from './enterprise-project.js';
export { UpstreamModule } from './upstream.module.js';
export type { WireDetail, WireEvent, WireOperateBody, WireRule } from './wire.js';

export { TROUBLES, type Trouble } from './authentication/authenticator.js';
export type { ProjectGate } from './gate.js';
export type { CallBody, UpstreamCall } from './upstream-call.js';
export { UpstreamClient, type PreviewedRequest, type UpstreamResult } from './upstream.client.js';
export { UpstreamModule } from './upstream.module.js';
// Importers move to the folders of these names one by one.
export * from '../hss/index.js';
export { ENTERPRISE_PROJECT } from '../domain/enterprise-project.js';

export { TROUBLES, type Trouble } from './authentication/authenticator.js';
export { printableMessage } from './classify.js';
export type { ProjectGate } from './gate.js';
export type { CallBody, UpstreamCall } from './upstream-call.js';
export { UpstreamClient, type PreviewedRequest, type UpstreamResult } from './upstream.client.js';
export { UpstreamModule } from './upstream.module.js';

import { targetOf, type UpstreamCall } from '../upstream/upstream-call.js';

/** A request as it would be sent. */
export interface PreviewedRequest {
  readonly method: string;
  readonly url: string;
  /** What proves the gateway's identity is masked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MASK = '***';

/** @param headers of the request, without its proof of identity */
export function previewOf(call: UpstreamCall, headers: Readonly<Record<string, string>>): PreviewedRequest {
  const { project, method, body = '' } = call;
  const proof =
    project.credentials.kind === 'password'
      ? { 'X-Auth-Token': MASK }
      : { 'X-Sdk-Date': MASK, Authorization: MASK };
  return { method, url: project.hssEndpoint + targetOf(call), headers: { ...headers, ...proof }, body };
}

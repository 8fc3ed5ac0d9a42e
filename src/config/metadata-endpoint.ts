import { isLoopback, parseOrigin } from './endpoints.js';
import type { Field } from './field.js';

/** Where every server of the cloud finds its metadata (contract 3.4). */
export const METADATA_ENDPOINT = 'http://169.254.169.254';

/** Whoever answers there makes the keys that requests are signed with: only the machine itself and its own link may. */
export function readMetadataEndpoint(field: Field): string {
  if (!field.given) return METADATA_ENDPOINT;
  const url = parseOrigin(field.raw);
  if (url !== undefined && (isLinkLocal(url.hostname) || isLoopback(url.hostname))) return url.origin;
  field.note(`must be an origin on a link-local or loopback address, such as ${METADATA_ENDPOINT}`);
  return METADATA_ENDPOINT;
}

/** RFC 3927 and RFC 4291, as `URL` writes addresses. */
function isLinkLocal(hostname: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(hostname) || /^\[fe[89ab][0-9a-f]:/.test(hostname);
}

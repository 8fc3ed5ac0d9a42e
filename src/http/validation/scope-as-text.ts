import { isPlainObject } from './fields.js';

/**
 * A request whose enterprise project is a text. Upstream, and clients that pass on what it says, write the default one as a number
 * too; no other id is one.
 */
export function withScopeAsText(body: unknown): unknown {
  if (!isPlainObject(body)) return body;
  const { scope } = body;
  if (!isPlainObject(scope) || scope['enterpriseProjectId'] !== 0) return body;
  return { ...body, scope: { ...scope, enterpriseProjectId: '0' } };
}

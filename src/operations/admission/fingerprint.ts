import { createHash } from 'node:crypto';

import type { UnresolvedCommand, OperationCommand, ResolvedScope } from '../operation-command.js';

/**
 * What makes two requests the same: the route, where they act, and their bodies as they would travel, which are written in one
 * order and with every number exact, whatever the order and the white space of what the caller sent.
 */
export function fingerprintOf(
  order: OperationCommand | UnresolvedCommand,
  { scope }: Pick<ResolvedScope, 'scope'>,
): string {
  const { projectId, enterpriseProjectId, containerId = null, containerName = null } = scope;
  const head = JSON.stringify([order.route, projectId, enterpriseProjectId, containerId, containerName]);
  const hash = createHash('sha256').update(head);
  // For good, and for a time, are not the same.
  if (order.expiresAt !== undefined) hash.update('\n').update(new Date(order.expiresAt).toISOString());
  for (const body of textsOf(order)) hash.update('\n').update(body);
  return hash.digest('base64url');
}

function textsOf(order: OperationCommand | UnresolvedCommand): readonly string[] {
  if ('complete' in order) return [order.canonical];
  return order.canonical === undefined ? order.bodies.map(({ text }) => text) : [order.canonical];
}

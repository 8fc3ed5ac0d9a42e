import type { ProjectConfig } from '../config/config.js';
import { stringifyExact } from '../domain/exact-json.js';
import { OPERATION_TYPES, type OperationType } from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import type { ExpectedEffect, UpstreamCall } from '../upstream/upstream-call.js';
import type { WireOperateBody } from '../upstream/wire.js';

/** The body of one operate call as it travels; integers keep all their digits. */
export function operateBody(body: WireOperateBody): string {
  const exact = body.operate_event_list.some((event) => typeof event.occur_time === 'bigint');
  return stringifyExact(body, exact);
}

/**
 * `POST /v5/{project_id}/event/operate` (contract 1.1).
 *
 * @param body as `operateBody` wrote it
 */
export function operateAlarms(
  operation: OperationType,
  scope: Scope,
  project: ProjectConfig,
  body: string,
): UpstreamCall {
  const { isIdempotent: setsState, isReversal: takesBack } = OPERATION_TYPES[operation];
  const query: [string, string][] = [['enterprise_project_id', scope.enterpriseProjectId]];
  if (scope.containerId !== undefined) query.push(['container_id', scope.containerId]);
  if (scope.containerName !== undefined) query.push(['container_name', scope.containerName]);
  return {
    name: 'ChangeEvent',
    project,
    method: 'POST',
    path: eventPath(scope, 'operate'),
    query,
    body,
    repeatable: setsState ? 'freely' : 'never',
    lane: takesBack ? 'inverse' : 'normal',
    expectedEffect: { operation, scope, project, body },
  };
}

/** A call of the event family that only reads (contract 2). */
export function readEvents(
  name: string,
  { scope, project }: Pick<ExpectedEffect, 'scope' | 'project'>,
  path: string,
  query: UpstreamCall['query'],
): UpstreamCall {
  return {
    name,
    project,
    method: 'GET',
    path: eventPath(scope, path),
    query,
    repeatable: 'freely',
    lane: 'normal',
  };
}

/** Path of a call of the event family (contract 2.0). */
export function eventPath({ projectId }: Scope, path: string): string {
  return `/v5/${encodeURIComponent(projectId)}/event/${path}`;
}

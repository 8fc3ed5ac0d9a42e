import type { ProjectConfig } from '../config/config.js';
import { stringifyExact } from '../domain/exact-json.js';
import { OPERATION_TYPES, type OperationType } from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import type { WireOperateBody } from './wire.js';

/** One call to upstream as data: audit, scope, retry and transport all read the same object. */
export interface UpstreamCall {
  /** Upstream's name of the call. */
  readonly name: string;
  readonly project: ProjectConfig;
  readonly method: 'GET' | 'POST';
  /** Path without query, percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Whether doing it twice does no more than doing it once. */
  readonly repeatable: boolean;
}

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
  const query: [string, string][] = [['enterprise_project_id', scope.enterpriseProjectId]];
  if (scope.containerId !== undefined) query.push(['container_id', scope.containerId]);
  if (scope.containerName !== undefined) query.push(['container_name', scope.containerName]);
  return {
    name: 'ChangeEvent',
    project,
    method: 'POST',
    path: `/v5/${encodeURIComponent(project.projectId)}/event/operate`,
    query,
    body,
    repeatable: OPERATION_TYPES[operation].setsState,
  };
}

/** Path and query as they stand in the request line: everything outside RFC 3986's unreserved set is encoded. */
export function targetOf({ path, query }: Pick<UpstreamCall, 'path' | 'query'>): string {
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

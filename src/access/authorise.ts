import type { Config, ProjectConfig } from '../config/config.js';
import type { Caller } from '../domain/caller.js';
import { accessDenialOf, projectsWith, type AccessQuestion } from '../domain/grants.js';
import type { Scope } from '../domain/scope.js';
import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';

/** Where a request wants to act; what it leaves out is taken from the project and the caller's grants. */
export interface RequestedScope {
  readonly project?: string;
  readonly enterpriseProjectId?: string;
  readonly containerId?: string;
  readonly containerName?: string;
}

/** What a request wants to do there. */
export type AccessRequest = Pick<AccessQuestion, 'right' | 'operation' | 'alarms'>;

/** Where a request names its project. */
export type ProjectField = Pick<Violation, 'pointer' | 'parameter'>;

const IN_BODY: ProjectField = { pointer: '/scope/project' };

/** The project that is meant: the named one, or the only one where the caller has the right. @throws Problem 400, 403 */
function projectFor(
  { project: requested }: RequestedScope,
  { right }: AccessRequest,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField,
): ProjectConfig {
  const own = projectsWith(caller, right, projects.keys());
  const name = requested ?? (own.length === 1 ? own[0] : undefined);
  const project = name === undefined ? undefined : projects.get(name);
  if (project) return project;
  if (own.length === 0)
    throw refuse('not_granted', { caller: caller.id, what: `the right ${right} in any project` });
  const [rule, message] =
    requested === undefined
      ? ['required', 'must be named: you are granted several']
      : ['unknown_project', 'is not a project of this gateway'];
  throw refuse('invalid_request', [{ ...field, rule, message: `project ${message}`, allowed: own }]);
}

/**
 * Where a request will act or look, if its caller may do so there, but for the project's id, which IAM may have to be asked
 * for. The caller's own grants decide, never the request alone.
 *
 * @throws Problem 400 when no project is meant, 403 naming what is denied or not granted
 */
export function authorise(
  request: AccessRequest,
  requested: RequestedScope,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField = IN_BODY,
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  const project = projectFor(requested, request, caller, projects, field);
  // Grants and denials are lower case; an id written otherwise must not slip past a denial.
  const enterpriseProjectId = (requested.enterpriseProjectId ?? project.enterpriseProjectId).toLowerCase();
  const denial = accessDenialOf(caller, { ...request, project: project.name, enterpriseProjectId });
  if (denial) throw refuse(denial.code, { caller: caller.id, what: denial.what });
  const scope = {
    project: project.name,
    region: project.region,
    enterpriseProjectId,
    ...(requested.containerId !== undefined && { containerId: requested.containerId }),
    ...(requested.containerName !== undefined && { containerName: requested.containerName }),
  };
  return { scope, project };
}

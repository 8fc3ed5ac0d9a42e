import type { Config, ProjectConfig } from '../config/config.js';
import type { Caller } from '../domain/caller.js';
import { accessDenialOf, projectsWith, type AccessQuestion } from '../domain/grants.js';
import type { Scope } from '../domain/scope.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import type { Violation } from '../problems/violation.js';

/** Where a caller wishes to be; what it leaves out is found for it. */
export interface RequestedScope {
  readonly project?: string;
  readonly enterpriseProjectId?: string;
  readonly containerId?: string;
  readonly containerName?: string;
}

/** What a caller wishes to do there. */
export type AccessRequest = Pick<AccessQuestion, 'right' | 'operation' | 'alarms'>;

/** Where a request names its project. */
export type ProjectField = Pick<Violation, 'pointer' | 'parameter'>;

const IN_BODY: ProjectField = { pointer: '/scope/project' };

/** The project that is meant: the named one, or the only one where the caller has the right. @throws Problem 400, 403 */
function projectFor(
  { project: wish }: RequestedScope,
  { right }: AccessRequest,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField,
): ProjectConfig {
  const own = projectsWith(caller, right, projects.keys());
  const name = wish ?? (own.length === 1 ? own[0] : undefined);
  const project = name === undefined ? undefined : projects.get(name);
  if (project) return project;
  if (own.length === 0) throw refusal(caller, 'not_granted', `the right ${right} in any project`);
  const [rule, message] =
    wish === undefined
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
  deed: AccessRequest,
  wish: RequestedScope,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField = IN_BODY,
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  const project = projectFor(wish, deed, caller, projects, field);
  // Grants and denials are lower case; an id written otherwise must not slip past a denial.
  const enterpriseProjectId = (wish.enterpriseProjectId ?? project.enterpriseProjectId).toLowerCase();
  const lack = accessDenialOf(caller, { ...deed, project: project.name, enterpriseProjectId });
  if (lack) throw refusal(caller, lack.code, lack.what);
  const scope = {
    project: project.name,
    region: project.region,
    enterpriseProjectId,
    ...(wish.containerId !== undefined && { containerId: wish.containerId }),
    ...(wish.containerName !== undefined && { containerName: wish.containerName }),
  };
  return { scope, project };
}

/** The answer to what a caller may not do. */
export function refusal({ id }: Caller, code: 'denied' | 'not_granted', what: string): Problem {
  return refuse(code, { caller: id, what });
}

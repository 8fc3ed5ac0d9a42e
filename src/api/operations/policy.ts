import type { Config, ProjectConfig } from '../../config/config.js';
import type { Caller, Grant } from '../../domain/caller.js';
import type { OperationType } from '../../domain/operation-type.js';
import type { Scope } from '../../domain/scope.js';
import { invalidRequest, Problem } from '../../http/problem.js';
import { coversEnterpriseProject, enterpriseProjectOf } from '../../upstream/index.js';
import type { ScopeDto } from './operation-request.dto.js';

const covers = (granted: readonly string[], wanted: string): boolean =>
  granted.includes('*') || granted.includes(wanted);

/** Names of the projects a caller has any grant in. */
function projectsOf(caller: Caller, projects: Config['projects']): string[] {
  return [...projects.keys()].filter((name) => caller.grants.some((grant) => covers(grant.projects, name)));
}

/** The project that is meant: the named one, or the only one the caller is granted. @throws Problem 400, 403 */
function projectFor(wish: string | undefined, caller: Caller, projects: Config['projects']): ProjectConfig {
  const own = projectsOf(caller, projects);
  const name = wish ?? (own.length === 1 ? own[0] : undefined);
  const project = name === undefined ? undefined : projects.get(name);
  if (project) return project;
  if (own.length === 0) throw notGranted(caller, 'any project');
  const [rule, message] =
    wish === undefined
      ? ['required', 'must be named: you are granted several']
      : ['unknown_project', 'is not a project of this gateway'];
  throw invalidRequest([{ pointer: '/scope/project', rule, message: `project ${message}`, allowed: own }]);
}

/**
 * Where an operation will act, if its caller may act there, but for the project's id, which IAM may have to be asked for. The
 * caller's own grants decide, never the body alone.
 *
 * @throws Problem 400 when no project is meant, 403 naming what is not granted
 */
export function authorise(
  operation: OperationType,
  wish: ScopeDto = {},
  caller: Caller,
  projects: Config['projects'],
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  const project = projectFor(wish.project, caller, projects);
  const enterpriseProjectId = enterpriseProjectOf(wish.enterpriseProjectId, project.enterpriseProjectId);
  const missing = missingGrant(caller.grants, operation, project.name, enterpriseProjectId);
  if (missing !== undefined) throw notGranted(caller, missing);
  const scope = {
    project: project.name,
    region: project.region,
    enterpriseProjectId,
    ...(wish.containerId !== undefined && { containerId: wish.containerId }),
    ...(wish.containerName !== undefined && { containerName: wish.containerName }),
  };
  return { scope, project };
}

function notGranted(caller: Caller, what: string): Problem {
  return new Problem(403, 'not_granted', `Caller ${caller.id} is not granted ${what}. Nothing was done.`);
}

/** What the grants lack, in words; undefined when one of them covers it all. */
function missingGrant(
  grants: readonly Grant[],
  operation: OperationType,
  project: string,
  enterpriseProjectId: string,
): string | undefined {
  const here = grants.filter((grant) => covers(grant.projects, project));
  if (here.length === 0) return `project ${project}`;
  const doing = here.filter((grant) => covers(grant.operations, operation));
  if (doing.length === 0) return `operation ${operation} in project ${project}`;
  if (doing.some((grant) => coversEnterpriseProject(grant.enterpriseProjects, enterpriseProjectId)))
    return undefined;
  return `operation ${operation} in enterprise project ${enterpriseProjectId} of project ${project}`;
}

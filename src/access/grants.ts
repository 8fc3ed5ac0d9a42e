import { DEFAULT_RIGHTS, type Caller, type Denial, type Grant, type Right } from '../domain/caller.js';
import { isFilterOperation, type OperationName } from '../domain/operation-type.js';
import type { Severity } from '../domain/upstream-words.js';
import type { Config, ProjectConfig } from '../config/config.js';
import { ALL_GRANTED, type Scope } from '../domain/scope.js';
import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';

/** What grants may be limited by, of one alarm, or of an item of a list that stands there because of alarms. */
export interface AlarmFacts {
  /** Absent: not known. */
  readonly eventType?: number;
  /** Absent: not known. */
  readonly severity?: Severity;
  /** It is what the request says of it, and not what upstream lists. */
  readonly described?: true;
}

/** May a caller do this, here, to these? */
export interface AccessQuestion {
  readonly right: Right;
  /** The project's name in the gateway. */
  readonly project: string;
  /** Lower case: it is compared by character. */
  readonly enterpriseProjectId: string;
  /** Absent where none is meant, as for reading. */
  readonly operation?: OperationName;
  /** Absent where no certain alarms are meant. */
  readonly alarms?: readonly AlarmFacts[];
}

/** Why the answer is no. */
interface AccessDenial {
  /** `denied`: a denial says so; `not_granted`: no grant says otherwise. */
  readonly code: 'denied' | 'not_granted';
  /** What is denied or lacking, to stand after "is denied" or "is not granted". */
  readonly what: string;
}

const allows = (listed: readonly string[], wanted: string): boolean =>
  listed.includes('*') || listed.includes(wanted);

/** What acts on things that nobody has looked at is granted by its name alone. */
function grantsOperation({ operations }: Grant, wanted: OperationName): boolean {
  return isFilterOperation(wanted) ? operations.includes(wanted) : allows(operations, wanted);
}

/** Rights that are used on operation types; a denial of operation types says nothing of the others. */
const OPERATING: ReadonlySet<Right> = new Set<Right>(['act', 'approve']);

const rightsOf = ({ rights = DEFAULT_RIGHTS }: Grant): readonly Right[] => rights;

/** Why a caller may not; undefined when it may. A denial wins over every grant. */
export function accessDenialOf(
  { grants, denials = [] }: Caller,
  question: AccessQuestion,
): AccessDenial | undefined {
  if (denials.some((denial) => touches(denial, question))) {
    return { code: 'denied', what: `${deedOf(question)} ${placeOf(question)}` };
  }
  const what = lackingIn(grants, question);
  return what === undefined ? undefined : { code: 'not_granted', what };
}

/** Whether a caller has a right anywhere; what it may do with it is another question. */
export function hasRight({ grants, denials = [] }: Caller, right: Right): boolean {
  return (
    grants.some((grant) => rightsOf(grant).includes(right)) &&
    !denials.some((denial) => deniesEntirely(denial, right))
  );
}

/** Those of the projects where a caller has a right to anything. */
export function projectsWith(caller: Caller, right: Right, projects: Iterable<string>): string[] {
  const { grants, denials = [] } = caller;
  return [...projects].filter(
    (project) =>
      grants.some((grant) => rightsOf(grant).includes(right) && allows(grant.projects, project)) &&
      !denials.some((denial) => deniesEntirely(denial, right, project)),
  );
}

/** Whether a denial leaves nothing of a right, in a project or anywhere. */
function deniesEntirely(denial: Denial, right: Right, project = '*'): boolean {
  const { rights, operations, projects, enterpriseProjects, eventTypes, severities } = denial;
  return (
    (rights?.includes(right) ?? true) &&
    (projects === undefined || allows(projects, project)) &&
    (operations === undefined || (OPERATING.has(right) && operations.includes('*'))) &&
    (enterpriseProjects?.includes('*') ?? true) &&
    eventTypes === undefined &&
    severities === undefined
  );
}

function touches(denial: Denial, question: AccessQuestion): boolean {
  const { rights, operations, projects, enterpriseProjects } = denial;
  const { right, operation, project, enterpriseProjectId } = question;
  return (
    (rights?.includes(right) ?? true) &&
    (projects === undefined || allows(projects, project)) &&
    (operations === undefined || (operation !== undefined && allows(operations, operation))) &&
    (enterpriseProjects === undefined || touchesEnterpriseProject(enterpriseProjects, enterpriseProjectId)) &&
    touchesAlarms(denial, question.alarms)
  );
}

/** An alarm of unknown event type or severity may be of the denied one. */
function touchesAlarms({ eventTypes, severities }: Denial, alarms: readonly AlarmFacts[] = []): boolean {
  if (eventTypes === undefined && severities === undefined) return true;
  return alarms.some(
    ({ eventType, severity }) =>
      (eventTypes === undefined || eventType === undefined || eventTypes.includes(eventType)) &&
      (severities === undefined || severity === undefined || severities.includes(severity)),
  );
}

/** The first thing that no grant covers together with what was asked before it. */
function lackingIn(grants: readonly Grant[], question: AccessQuestion): string | undefined {
  const { right, operation, project, enterpriseProjectId, alarms = [] } = question;
  const here = grants.filter((grant) => allows(grant.projects, project));
  if (here.length === 0) return `project ${project}`;
  const entitled = here.filter((grant) => rightsOf(grant).includes(right));
  if (entitled.length === 0) return `the right ${right} in project ${project}`;
  const doing =
    operation === undefined ? entitled : entitled.filter((grant) => grantsOperation(grant, operation));
  if (doing.length === 0) return `${deedOf(question)} in project ${project}`;
  const inside = doing.filter((grant) =>
    allowsEnterpriseProject(grant.enterpriseProjects, enterpriseProjectId),
  );
  if (inside.length === 0) return `${deedOf(question)} ${placeOf(question)}`;
  const uncovered = alarms.find((alarm) => !inside.some((grant) => allowsAlarm(grant, alarm)));
  if (!uncovered) return undefined;
  const { described, ...listed } = uncovered;
  const wouldDo = described && inside.some((grant) => allowsAlarm(grant, listed));
  const way = wouldDo ? ' that are not named by their ids (alarmIds)' : '';
  return `${deedOf(question)} ${placeOf(question)} for ${kindOf(uncovered)}${way}`;
}

/** An alarm of unknown event type or severity may be beyond the granted ones. */
function allowsAlarm(
  { eventTypes, severities, byIdOnly }: Grant,
  { eventType, severity, described }: AlarmFacts,
): boolean {
  if (byIdOnly && described) return false;
  return (
    (eventTypes === undefined || (eventType !== undefined && eventTypes.includes(eventType))) &&
    (severities === undefined || (severity !== undefined && severities.includes(severity)))
  );
}

function kindOf({ eventType, severity }: AlarmFacts): string {
  const type = eventType === undefined ? 'unknown event type' : `event type ${eventType}`;
  return `alarms of ${type} and ${severity === undefined ? 'unknown severity' : `severity ${severity}`}`;
}

/** What is asked for, without where. */
function deedOf({ right, operation }: AccessQuestion): string {
  return operation === undefined ? `the right ${right}` : `operation ${operation}`;
}

function placeOf({ project, enterpriseProjectId }: AccessQuestion): string {
  return `in enterprise project ${enterpriseProjectId} of project ${project}`;
}

/** Whether a grant's list covers an enterprise project: `*` is any single one, never all of them at once. */
export function allowsEnterpriseProject(granted: readonly string[], enterpriseProjectId: string): boolean {
  if (granted.includes(enterpriseProjectId)) return true;
  return enterpriseProjectId !== ALL_GRANTED && granted.includes('*');
}

/** Whether a denial's list touches an enterprise project: all of them at once include each one that is denied. */
function touchesEnterpriseProject(denied: readonly string[], enterpriseProjectId: string): boolean {
  return denied.includes('*') || denied.includes(enterpriseProjectId) || enterpriseProjectId === ALL_GRANTED;
}

/** Where a request wants to act; what it leaves out is taken from the project and the caller's grants. */
export interface RequestedScope {
  readonly project?: string;
  readonly enterpriseProjectId?: string;
  readonly containerId?: string;
  readonly containerName?: string;
}

/** What a request wants to do there. */
type AccessRequest = Pick<AccessQuestion, 'right' | 'operation' | 'alarms'>;

/** Where a request names its project. */
type ProjectField = Pick<Violation, 'pointer' | 'parameter'>;

const IN_BODY: ProjectField = { pointer: '/scope/project' };

/** The project that is meant: the named one, or the only one where the caller has the right. @throws Problem 400, 403 */
function projectFor(
  { project: requested }: RequestedScope,
  { right }: AccessRequest,
  caller: Caller,
  projects: Config['projects'],
  field: ProjectField,
): ProjectConfig {
  const named = requested === undefined ? undefined : projects.get(requested);
  if (named) return named;
  const own = projectsWith(caller, right, projects.keys());
  const only = requested === undefined && own.length === 1 ? projects.get(own[0] ?? '') : undefined;
  if (only) return only;
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
  const denial = accessDenialOf(caller, { project: project.name, enterpriseProjectId, ...request });
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

/** The enterprise projects that grants name one by one and that a caller may read; empty where any may be read. */
export function readableEnterpriseProjects(caller: Caller, project: string): string[] {
  const here = caller.grants.filter(
    (grant) => rightsOf(grant).includes('read') && allows(grant.projects, project),
  );
  const named = new Set(here.flatMap(({ enterpriseProjects }) => enterpriseProjects));
  if (named.has('*')) return [];
  return [...named].filter(
    (enterpriseProjectId) =>
      enterpriseProjectId !== ALL_GRANTED &&
      !accessDenialOf(caller, { right: 'read', project, enterpriseProjectId }),
  );
}

/** Whether a caller may read alarms of every event type and severity there. */
export function mayReadAll(
  caller: Caller,
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
): boolean {
  return accessDenialOf(caller, { right: 'read', project, enterpriseProjectId, alarms: [{}] }) === undefined;
}

/** Whether a caller may read everything that others did, wherever it belongs: no denial takes anything of the right. */
export function mayAuditAll({ denials = [], ...caller }: Caller): boolean {
  const touched = denials.some(
    ({ rights, operations }) => !operations && (rights?.includes('audit') ?? true),
  );
  return !touched && mayAudit(caller, { project: '*', enterpriseProjectId: '*' });
}

/** Whether a caller may read of an operation: its own, or one that it may audit. @param owner whose it is */
export function mayReadOperation(
  caller: Caller,
  owner: string,
  scope: Pick<Scope, 'project' | 'enterpriseProjectId'>,
): boolean {
  return owner === caller.id || mayAudit(caller, scope);
}

/** Whether a caller may read what others did there. Records hold no event types, so a grant that is limited by them covers none. */
export function mayAudit(
  caller: Caller,
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
): boolean {
  return accessDenialOf(caller, { right: 'audit', project, enterpriseProjectId, alarms: [{}] }) === undefined;
}

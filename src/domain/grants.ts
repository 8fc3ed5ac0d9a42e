import { DEFAULT_RIGHTS, type Caller, type Denial, type Grant, type Right } from './caller.js';
import { allowsEnterpriseProject, touchesEnterpriseProject } from './scope.js';
import type { OperationName } from './operation-type.js';
import type { Severity } from './upstream-words.js';

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
export interface AccessDenial {
  /** `denied`: a denial says so; `not_granted`: no grant says otherwise. */
  readonly code: 'denied' | 'not_granted';
  /** What is denied or lacking, to stand after "is denied" or "is not granted". */
  readonly what: string;
}

const allows = (listed: readonly string[], wanted: string): boolean =>
  listed.includes('*') || listed.includes(wanted);

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
    operation === undefined ? entitled : entitled.filter((grant) => allows(grant.operations, operation));
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

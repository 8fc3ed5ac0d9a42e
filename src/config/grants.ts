import { OPERATION_NAMES, type OperationName } from '../domain/operation-name.js';
import { RIGHTS, DEFAULT_RIGHTS, type Denial, type Grant, type Right } from '../domain/caller.js';
import { SEVERITIES, type Severity } from '../domain/severity.js';
import type { Field } from './field.js';
import { ENTERPRISE_PROJECT_ID, EVENT_TYPE } from './formats.js';

const PARTS = ['rights', 'operations', 'projects', 'enterpriseProjects', 'eventTypes', 'severities'] as const;
const GRANT_PARTS = [...PARTS, 'byIdOnly'] as const;
const OPERATIONS = ['*', ...OPERATION_NAMES] as const;

type Parts = Record<(typeof PARTS)[number], Field>;

/** Reads a grant; `projects` are the names it may give. */
export function readGrant(entry: Field, projects: readonly string[]): Grant {
  const fields = entry.object(...GRANT_PARTS);
  const { rights } = readRights(fields);
  // Operation types mean nothing to whoever may only look.
  const operates = (rights ?? DEFAULT_RIGHTS).some((right) => right === 'act' || right === 'approve');
  return {
    ...(rights && { rights }),
    operations: operates || fields.operations.given ? readOperations(fields) : [],
    projects: readProjects(fields, projects),
    enterpriseProjects: readEnterpriseProjects(fields),
    ...readKinds(fields),
    ...(fields.byIdOnly.oneOf(['true', 'false'], 'false') === 'true' && { byIdOnly: true as const }),
  };
}

/** Reads what is denied whatever the grants say: all of what it leaves out, so it must name something. */
export function readDenial(entry: Field, projects: readonly string[]): Denial {
  const fields = entry.object(...PARTS);
  if (entry.raw instanceof Map && !PARTS.some((part) => fields[part].given)) {
    entry.note(`must name at least one of ${PARTS.join(', ')}: what it leaves out, it denies all of`);
  }
  return {
    ...readRights(fields),
    ...(fields.operations.given && { operations: readOperations(fields) }),
    ...(fields.projects.given && { projects: readProjects(fields, projects) }),
    ...(fields.enterpriseProjects.given && { enterpriseProjects: readEnterpriseProjects(fields) }),
    ...readKinds(fields),
  };
}

function readRights({ rights }: Parts): { rights?: Right[] } {
  return rights.given ? { rights: rights.list('right').map((right) => right.oneOf<Right>(RIGHTS)) } : {};
}

function readOperations({ operations }: Parts): (OperationName | '*')[] {
  return operations
    .list('operation type, or "*"')
    .map((operation) => operation.oneOf<OperationName | '*'>(OPERATIONS));
}

function readProjects({ projects }: Parts, known: readonly string[]): string[] {
  return projects.list('project name, or "*"').map((name) => readProjectName(name, known));
}

function readProjectName(entry: Field, known: readonly string[]): string {
  if (entry.raw === '*') return '*';
  const found = known.find((name) => name === entry.raw);
  if (found !== undefined) return found;
  entry.note('must be "*" or the name of a configured project');
  return '';
}

function readEnterpriseProjects({ enterpriseProjects }: Parts): string[] {
  return enterpriseProjects.list('enterprise project id, or "*"').map(readEnterpriseProject);
}

function readEnterpriseProject(entry: Field): string {
  if (entry.raw === '*') return '*';
  const { pattern, allowed } = ENTERPRISE_PROJECT_ID;
  return entry.text({ pattern, allowed: `"*", ${allowed}` }).toLowerCase();
}

function readKinds({ eventTypes, severities }: Parts): { eventTypes?: number[]; severities?: Severity[] } {
  return {
    ...(eventTypes.given && {
      eventTypes: eventTypes.list('event type code').map((code) => Number(code.text(EVENT_TYPE))),
    }),
    ...(severities.given && {
      severities: severities.list('severity').map((severity) => severity.oneOf<Severity>(SEVERITIES)),
    }),
  };
}

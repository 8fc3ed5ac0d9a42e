import { RIGHTS, type Denial, type Grant, type Right } from '../../src/domain/caller.js';
import type { AccessQuestion } from '../../src/access/grants.js';
import type { OperationType } from '../../src/domain/operation-type.js';
import type { Severity } from '../../src/domain/upstream-words.js';

export const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
export const ALL = 'all_granted_eps';
export const PROJECTS = ['prod', 'test'] as const;
export const SINGLE = ['0', SHOP] as const;
export const ENTERPRISE_PROJECTS = [...SINGLE, ALL] as const;
export const OPERATIONS = [
  'ignore',
  'isolate_and_kill',
  'unhandle',
] as const satisfies readonly OperationType[];
export const EVENT_TYPES = [1010, 3007] as const;
export const SEVERITIES = ['Low', 'Critical'] as const satisfies readonly Severity[];

/*
 * The model: every possible single deed is a cell, a grant or a denial is the set of cells it names, written out one by one. A
 * question is a set of cells too. `-` stands for what a deed has not: an operation for reading, an alarm where none is meant.
 */
const UNKNOWN = 'unknown';
/** Where an alarm is known from: upstream's listing, or the request alone. */
const SOURCES = ['listed', 'described'];

function* cells(
  rights: readonly string[],
  operations: readonly string[],
  projects: readonly string[],
  places: readonly string[],
  eventTypes: readonly (number | string)[],
  severities: readonly string[],
  sources: readonly string[],
): Generator<string> {
  for (const right of rights)
    for (const operation of operations)
      for (const project of projects)
        for (const enterpriseProject of places)
          for (const eventType of eventTypes)
            for (const severity of severities)
              for (const source of sources)
                yield [right, operation, project, enterpriseProject, eventType, severity, source].join('|');
}

const everyIf = (listed: readonly string[], every: readonly string[]) =>
  listed.includes('*') ? every : listed;

export function cellsOfGrant(given: Grant): string[] {
  const {
    rights = ['read', 'act'],
    operations,
    projects,
    enterpriseProjects,
    eventTypes,
    severities,
    byIdOnly,
  } = given;
  const places = [...everyIf(enterpriseProjects, SINGLE), ...enterpriseProjects];
  const where = [everyIf(projects, PROJECTS), places] as const;
  const kinds = [
    eventTypes ?? [...EVENT_TYPES, UNKNOWN],
    severities ?? [...SEVERITIES, UNKNOWN],
    byIdOnly ? ['listed'] : SOURCES,
  ] as const;
  return ['act', 'approve', 'read', 'audit']
    .filter((right) => rights.includes(right as Right))
    .flatMap((right) => {
      const deeds = right === 'act' || right === 'approve' ? everyIf(operations, OPERATIONS) : ['-'];
      return [
        ...cells([right], deeds, ...where, ...kinds),
        ...cells([right], deeds, ...where, ['-'], ['-'], ['-']),
      ];
    });
}

export function cellsOfDenial(denied: Denial): string[] {
  const {
    rights = RIGHTS,
    operations,
    projects = PROJECTS,
    enterpriseProjects,
    eventTypes,
    severities,
  } = denied;
  // All enterprise projects at once include the denied one.
  const places = enterpriseProjects ? [...everyIf(enterpriseProjects, SINGLE), ALL] : ENTERPRISE_PROJECTS;
  const deeds = operations ? everyIf(operations, OPERATIONS) : [...OPERATIONS, '-'];
  const where = [everyIf(projects, PROJECTS), places] as const;
  const kinds = cells(
    rights,
    deeds,
    ...where,
    [...(eventTypes ?? EVENT_TYPES), UNKNOWN],
    severities ? [...severities, UNKNOWN] : [...SEVERITIES, UNKNOWN],
    SOURCES,
  );
  const limited = eventTypes !== undefined || severities !== undefined;
  return limited ? [...kinds] : [...kinds, ...cells(rights, deeds, ...where, ['-'], ['-'], ['-'])];
}

export function cellsOfQuestion({
  right,
  operation = '-' as never,
  project,
  enterpriseProjectId,
  alarms = [],
}: AccessQuestion) {
  const kinds =
    alarms.length === 0
      ? [['-', '-', '-'] as const]
      : alarms.map(
          ({ eventType = UNKNOWN, severity = UNKNOWN, described }) =>
            [eventType, severity, described ? 'described' : 'listed'] as const,
        );
  return kinds.map((kind) => [right, operation, project, enterpriseProjectId, ...kind].join('|'));
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Config, ProjectConfig } from '../config/config.js';
import type { Caller, Grant } from '../domain/caller.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import { Problem } from '../problems/problem.js';
import { authorise, type RequestedScope } from './grants.js';

const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
const PAYROLL = '9b1d7c20-4e3f-4a6b-8c5d-0e1f2a3b4c5d';
const ALL = 'all_granted_eps';
const PROJECT_NAMES = ['prod', 'test', 'lab'] as const;
const ENTERPRISE_PROJECTS = ['0', SHOP, PAYROLL, ALL] as const;

const project = (name: string, enterpriseProjectId = '0') =>
  ({ name, region: 'cn-north-4', projectId: `id-of-${name}`, enterpriseProjectId }) as ProjectConfig;
const projects: Config['projects'] = new Map(
  [project('prod'), project('test', SHOP), project('lab', ALL)].map((each) => [each.name, each]),
);

const grant: fc.Arbitrary<Grant> = fc.record({
  operations: fc.subarray(['*', ...OPERATION_TYPE_NAMES] as (OperationType | '*')[], {
    minLength: 1,
    maxLength: 3,
  }),
  projects: fc.subarray(['*', ...PROJECT_NAMES], { minLength: 1, maxLength: 2 }),
  enterpriseProjects: fc.subarray(['*', ...ENTERPRISE_PROJECTS], { minLength: 1, maxLength: 2 }),
});
const caller: fc.Arbitrary<Caller> = fc
  .array(grant, { maxLength: 3 })
  .map((grants) => ({ id: 'bot', grants }));

/** The promise in as few words as it can be said. */
function isGranted(
  { grants }: Caller,
  operation: OperationType,
  name: string,
  enterpriseProject: string,
): boolean {
  return grants.some(
    (each) =>
      (each.operations.includes('*') || each.operations.includes(operation)) &&
      (each.projects.includes('*') || each.projects.includes(name)) &&
      (each.enterpriseProjects.includes(enterpriseProject) ||
        (enterpriseProject !== ALL && each.enterpriseProjects.includes('*'))),
  );
}

function outcomeOf(operation: OperationType, wish: RequestedScope = {}, who: Caller) {
  try {
    return authorise({ right: 'act', operation }, wish, who, projects);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const grants = (...given: Partial<Grant>[]): Caller => ({
  id: 'bot',
  grants: given.map((each) => ({ operations: ['*'], projects: ['*'], enterpriseProjects: ['0'], ...each })),
});

describe('what a caller may do', () => {
  it('is what one of its grants covers whole: operation type, project and enterprise project', () => {
    fc.assert(
      fc.property(
        caller,
        fc.constantFrom(...OPERATION_TYPE_NAMES),
        fc.constantFrom(...PROJECT_NAMES),
        fc.constantFrom(undefined, ...ENTERPRISE_PROJECTS),
        (who, operation, name, wish) => {
          const result = outcomeOf(
            operation,
            { project: name, ...(wish && { enterpriseProjectId: wish }) },
            who,
          );
          const acting = wish ?? projects.get(name)!.enterpriseProjectId;
          if (isGranted(who, operation, name, acting)) {
            expect(result).toMatchObject({ scope: { project: name, enterpriseProjectId: acting } });
          } else {
            expect(result).toMatchObject({ status: 403, code: 'not_granted' });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('every single cell of the matrix, for a caller with one narrow grant', () => {
    const who = grants({ operations: ['ignore'], projects: ['prod'], enterpriseProjects: ['0'] });
    const open = OPERATION_TYPE_NAMES.flatMap((operation) =>
      PROJECT_NAMES.flatMap((name) =>
        ENTERPRISE_PROJECTS.filter(
          (id) => !(outcomeOf(operation, { project: name, enterpriseProjectId: id }, who) instanceof Problem),
        ).map((id) => [operation, name, id]),
      ),
    );
    expect(open).toEqual([['ignore', 'prod', '0']]);
  });

  it.each([
    [['*'], ALL, false],
    [['0', SHOP, PAYROLL], ALL, false],
    [[ALL], ALL, true],
    [[ALL], '0', false],
    [['*', ALL], ALL, true],
    [['*'], PAYROLL, true],
  ])('a grant of %j for enterprise project %s: %s', (enterpriseProjects, enterpriseProjectId, allowed) => {
    const result = outcomeOf(
      'ignore',
      { project: 'prod', enterpriseProjectId },
      grants({ enterpriseProjects }),
    );
    expect(!(result instanceof Problem)).toBe(allowed);
  });

  it('compares enterprise projects as ids: in any letter case', () => {
    const who = grants({ enterpriseProjects: [SHOP] });
    const result = outcomeOf('ignore', { project: 'prod', enterpriseProjectId: SHOP.toUpperCase() }, who);
    expect(result).toMatchObject({ scope: { enterpriseProjectId: SHOP } });
  });

  it('is not put together from two grants', () => {
    const who = grants(
      { operations: ['ignore'], projects: ['prod'] },
      { operations: ['unhandle'], projects: ['test'] },
    );
    expect(outcomeOf('unhandle', { project: 'prod', enterpriseProjectId: '0' }, who)).toMatchObject({
      status: 403,
    });
  });
});

describe('a refusal', () => {
  it.each<[string, Caller, RequestedScope, string]>([
    ['the project', grants({ projects: ['test'] }), { project: 'prod' }, 'project prod'],
    [
      'the operation type',
      grants({ operations: ['unhandle'] }),
      { project: 'prod' },
      'operation ignore in project prod',
    ],
    [
      'the enterprise project',
      grants({ enterpriseProjects: ['*'] }),
      { project: 'prod', enterpriseProjectId: ALL },
      `operation ignore in enterprise project ${ALL} of project prod`,
    ],
    ['everything', { id: 'bot', grants: [] }, {}, 'the right act in any project'],
  ])('names what is missing: %s', (_, who, wish, missing) => {
    expect(outcomeOf('ignore', wish, who)).toMatchObject({
      status: 403,
      code: 'not_granted',
      detail: `Caller bot is not granted ${missing}. Nothing was done.`,
    });
  });
});

describe('where an operation acts', () => {
  it('in the only project the caller is granted when it names none, and in its configured enterprise project', () => {
    const who = grants({ projects: ['test'], enterpriseProjects: ['*'] });
    expect(outcomeOf('ignore', undefined, who)).toMatchObject({
      scope: { project: 'test', region: 'cn-north-4', enterpriseProjectId: SHOP },
      project: { name: 'test', projectId: 'id-of-test' },
    });
  });

  it.each<[string, RequestedScope, string, string]>([
    ['names none of several', {}, 'required', 'project must be named: you are granted several'],
    [
      'names one that does not exist',
      { project: 'prdo' },
      'unknown_project',
      'project is not a project of this gateway',
    ],
    [
      'names one in another letter case',
      { project: 'PROD' },
      'unknown_project',
      'project is not a project of this gateway',
    ],
  ])('is asked for, with what the caller is granted, when it %s', (_, wish, rule, message) => {
    expect(outcomeOf('ignore', wish, grants({ projects: ['prod', 'lab'] }))).toMatchObject({
      status: 400,
      extras: { violations: [{ pointer: '/scope/project', rule, message, allowed: ['prod', 'lab'] }] },
    });
  });

  it('keeps the container that was named, and none that was not', () => {
    const container = { containerId: 'id', containerName: '/name' };
    const with_ = outcomeOf('ignore', { project: 'prod', ...container }, grants({}));
    expect(with_).toMatchObject({ scope: container });
    expect(
      Object.keys((outcomeOf('ignore', { project: 'prod' }, grants({})) as { scope: object }).scope),
    ).toEqual(['project', 'region', 'enterpriseProjectId']);
  });
});

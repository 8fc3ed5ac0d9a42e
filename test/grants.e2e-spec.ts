import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CallerConfig } from '../src/config/config.js';
import type { Denial, Grant } from '../src/domain/caller.js';
import { sha256, projectOf, startRig, type JsonAnswer, type Rig } from './support/gateway.js';

/** Every caller x right x project x enterprise project over HTTP, against a model that knows nothing of the code. */

const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
const ALL = 'all_granted_eps';
const PROJECTS = ['test', 'other'];
const ENTERPRISE_PROJECTS = ['0', SHOP, ALL];
const OPERATIONS = ['ignore', 'unhandle'] as const;

const grant = (more: Partial<Grant> = {}): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['*'],
  ...more,
});
const secretOf = (id: string) => `secret-of-${id}`;
const caller = (id: string, grants: Grant[], denials: Denial[] = []): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(secretOf(id)) }],
  grants,
  denials,
});

/** Some by hand, for the cells that matter; the others by chance, always the same ones. */
const callers: CallerConfig[] = [
  caller('everything', [grant({ enterpriseProjects: ['*', ALL] })]),
  caller('single-ones', [grant()]),
  caller('reader', [grant({ rights: ['read', 'audit'] })]),
  caller('approver', [grant({ rights: ['approve'] })]),
  caller('shop-only', [grant({ enterpriseProjects: [SHOP] })]),
  caller('two-halves', [
    grant({ projects: ['test'], operations: ['ignore'] }),
    grant({ projects: ['other'], operations: ['unhandle'] }),
  ]),
  caller('not-the-shop', [grant({ enterpriseProjects: ['*', ALL] })], [{ enterpriseProjects: [SHOP] }]),
  caller('not-ignore', [grant()], [{ operations: ['ignore'], projects: ['test'] }]),
  ...fc
    .sample(
      fc.record({
        rights: fc.subarray(['read', 'act', 'approve', 'audit'] as const, { minLength: 1 }),
        operations: fc.subarray(['*', ...OPERATIONS] as const, { minLength: 1 }),
        projects: fc.subarray(['*', ...PROJECTS], { minLength: 1 }),
        enterpriseProjects: fc.subarray(['*', ...ENTERPRISE_PROJECTS], { minLength: 1 }),
      }),
      { numRuns: 8, seed: 4 },
    )
    .map((given, index) => caller(`by-chance-${index}`, [given])),
];

/** The promise in as few words as it can be said. */
function may(
  { grants, denials = [] }: CallerConfig,
  operation: string,
  project: string,
  place: string,
): boolean {
  const named = (list: readonly string[] | undefined, word: string) =>
    !list || list.includes('*') || list.includes(word);
  const granted = grants.some(
    ({ rights = ['read', 'act'], operations, projects, enterpriseProjects }) =>
      rights.includes('act') &&
      named(operations, operation) &&
      named(projects, project) &&
      (place === ALL ? enterpriseProjects.includes(ALL) : named(enterpriseProjects, place)),
  );
  const denied = denials.some(
    ({ operations, projects, enterpriseProjects }) =>
      named(operations, operation) &&
      named(projects, project) &&
      (place === ALL || named(enterpriseProjects, place)),
  );
  return granted && !denied;
}

const mayRead = ({ grants }: CallerConfig) =>
  grants.some(({ rights = ['read', 'act'] }) => rights.includes('read'));

const alarm = { eventId: 'made-up', eventClassId: 'rootkit_0001', eventType: 1010, occurTime: 1672046760353 };

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    callers,
    projects: (cloud) => {
      const { id, region } = cloud.otherProject;
      return [projectOf(cloud), { ...projectOf(cloud, 'other'), projectId: id, region }];
    },
  });
});
afterAll(() => rig.close());
beforeEach(() => rig.control('DELETE', '/requests'));

const verdictOf = ({ status, body }: JsonAnswer) =>
  status === 403 && /^(?:not_granted|denied)$/.test((body as { code: string }).code)
    ? 'refused'
    : 'let through';

it.each(callers.map((each) => [each.id, each] as const))('%s acts exactly where it may', async (id, who) => {
  const cells = PROJECTS.flatMap((project) =>
    ENTERPRISE_PROJECTS.flatMap((place) => OPERATIONS.map((operation) => ({ project, place, operation }))),
  );
  for (const { project, place, operation } of cells) {
    const scope = { project, enterpriseProjectId: place };
    const answer = await rig.operate({ operation, alarms: [alarm], scope }, { key: secretOf(id) });
    const expected = may(who, operation, project, place) ? 'let through' : 'refused';
    expect([project, place, operation, verdictOf(answer)]).toEqual([project, place, operation, expected]);
  }
  const sent = (await rig.received('/event/operate')).map(({ url, bodyText }) => {
    const operation = (JSON.parse(bodyText) as { operate_type: string }).operate_type;
    const project = url.includes(rig.simulator.otherProject.id) ? 'other' : 'test';
    return { project, place: new URL(url, 'http://x').searchParams.get('enterprise_project_id'), operation };
  });
  // What reached the cloud is what was allowed: nothing else, and nothing of it elsewhere.
  expect(sent).toEqual(cells.filter(({ project, place, operation }) => may(who, operation, project, place)));
});

it.each(callers.map((each) => [each.id, each] as const))(
  '%s reads only with the right to',
  async (id, who) => {
    const answer = await rig.call('GET', '/v1/operations', undefined, { key: secretOf(id) });
    expect(verdictOf(answer)).toBe(mayRead(who) ? 'let through' : 'refused');
  },
);

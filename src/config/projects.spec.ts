import { describe, expect, test } from '@jest/globals';
import {
  CALLERS,
  ENVIRONMENT,
  load,
  loadWith,
  problemsIn,
  PROJECT_ID,
  projectOf,
  type Variables,
} from './config.fixture.js';
import type { Config } from './config.js';

const EPS = '0C0FFEE0-0000-4000-8000-00000000ABCD';

/** A start whose only projects are those of the file. */
function loadListed(projects: string, variables: Variables = {}): Config {
  const environment = { ...ENVIRONMENT, HSS_REGION: undefined, HSS_PROJECT_ID: undefined, ...variables };
  return load(environment, `${CALLERS}projects:\n${projects}\n`);
}

describe('the project of the environment', () => {
  test('is named default and reached where the region table says', () => {
    expect(projectOf(loadWith({}))).toEqual({
      name: 'default',
      region: 'cn-north-4',
      projectId: PROJECT_ID,
      hssEndpoint: 'https://hss.cn-north-4.myhuaweicloud.com',
      iamEndpoint: 'https://iam.cn-north-4.myhuaweicloud.com',
      enterpriseProjectId: '0',
      credentials: {
        kind: 'password',
        domainName: 'example',
        userName: 'hss-gateway',
        password: 'correct horse',
      },
    });
  });

  test('needs no id: IAM can be asked for it', () => {
    const project = projectOf(loadWith({ HSS_PROJECT_ID: undefined }));
    expect(project.region).toBe('cn-north-4');
    expect(project).not.toHaveProperty('projectId');
    expect(projectOf(loadListed('  - { name: prod, region: cn-north-4 }'), 'prod')).not.toHaveProperty(
      'projectId',
    );
  });

  test('can be renamed', () => {
    expect([...loadWith({ GATEWAY_PROJECT_NAME: 'prod' }).projects.keys()]).toEqual(['prod']);
  });

  test.each([
    ['0', '0'],
    ['all_granted_eps', 'all_granted_eps'],
    [EPS, EPS.toLowerCase()],
  ])('takes %s as its enterprise project', (written, read) => {
    expect(projectOf(loadWith({ HSS_ENTERPRISE_PROJECT_ID: written })).enterpriseProjectId).toBe(read);
  });

  test.each(['1', 'ALL_GRANTED_EPS', '*', `${EPS} `, EPS.replaceAll('-', '')])(
    'does not take %s as its enterprise project',
    (written) => {
      expect(problemsIn(() => loadWith({ HSS_ENTERPRISE_PROJECT_ID: written }))).toEqual({
        HSS_ENTERPRISE_PROJECT_ID: expect.stringContaining('must be 0, the 36-character id'),
      });
    },
  );

  test.each(['a/b', '../x', 'a b', 'a?b', 'é'])('does not take %s as its id', (projectId) => {
    expect(Object.keys(problemsIn(() => loadWith({ HSS_PROJECT_ID: projectId })))).toEqual([
      'HSS_PROJECT_ID',
    ]);
  });
});

describe('the projects of the file', () => {
  const PROD = `  - { name: prod, region: cn-north-4, projectId: ${PROJECT_ID} }`;

  test('use what the environment says, unless they say it themselves', () => {
    const config = loadListed(
      `${PROD}
  - name: lab
    region: eu-west-101
    projectId: 12345678901234567890123456789012
    endpoint: https://hss.lab.example.com
    iamEndpoint: https://iam.lab.example.com
    enterpriseProjectId: ${EPS}
    credentials: { domainName: lab, userName: lab-gateway, password: 0123 }`,
      { HSS_ENDPOINT: 'https://hss.example.com', HSS_ENTERPRISE_PROJECT_ID: 'all_granted_eps' },
    );
    expect(projectOf(config, 'prod')).toMatchObject({
      hssEndpoint: 'https://hss.example.com',
      iamEndpoint: 'https://iam.cn-north-4.myhuaweicloud.com',
      enterpriseProjectId: 'all_granted_eps',
      credentials: { userName: 'hss-gateway' },
    });
    expect(projectOf(config, 'lab')).toMatchObject({
      projectId: '12345678901234567890123456789012',
      hssEndpoint: 'https://hss.lab.example.com',
      iamEndpoint: 'https://iam.lab.example.com',
      enterpriseProjectId: EPS.toLowerCase(),
      credentials: { domainName: 'lab', userName: 'lab-gateway', password: '0123' },
    });
  });

  test('come after that of the environment', () => {
    const config = loadListed(PROD, { HSS_REGION: 'cn-north-4', HSS_PROJECT_ID: PROJECT_ID });
    expect([...config.projects.keys()]).toEqual(['default', 'prod']);
  });

  test('may not share a name, with that of the environment neither', () => {
    const problem = { 'projects[1].name': expect.stringContaining('repeats another project') };
    expect(problemsIn(() => loadListed(`${PROD}\n${PROD}`))).toEqual(problem);
    const own = { HSS_REGION: 'cn-north-4', HSS_PROJECT_ID: PROJECT_ID, GATEWAY_PROJECT_NAME: 'prod' };
    expect(problemsIn(() => loadListed(PROD, own))).toHaveProperty(['projects[0].name']);
  });

  test.each([
    ['name', '{ region: cn-north-4, projectId: a }', 'is missing'],
    ['name', '{ name: "*", region: cn-north-4, projectId: a }', 'must be 1 to 64 letters'],
    ['region', '{ name: prod, projectId: a }', 'is missing'],
    ['region', '{ name: prod, region: CN, projectId: a }', 'must be a region id'],
    [
      'region',
      '{ name: prod, region: x-1, projectId: a }',
      'give both projects[0].endpoint and projects[0].iamEndpoint',
    ],
    ['projectId', '{ name: prod, region: cn-north-4, projectId: a/b }', 'must be the IAM project id'],
    ['endpoint', '{ name: prod, region: cn-north-4, projectId: a, endpoint: x }', 'must be an origin'],
    [
      'enterpriseProjectId',
      '{ name: prod, region: cn-north-4, projectId: a, enterpriseProjectId: 1 }',
      'must be 0',
    ],
    ['region', '{ name: prod, region: { id: cn-north-4 }, projectId: a }', 'must be a region id'],
  ])('are refused for their %s: %s', (key, project, problem) => {
    const problems = problemsIn(() => loadListed(`  - ${project}`));
    expect(problems).toEqual({ [`projects[0].${key}`]: expect.stringContaining(problem) });
  });

  test('do not repeat each other by having no name', () => {
    const nameless = '  - { region: cn-north-4, projectId: a }';
    expect(problemsIn(() => loadListed(`${nameless}\n${nameless}`))).toEqual({
      'projects[0].name': expect.stringContaining('is missing'),
      'projects[1].name': expect.stringContaining('is missing'),
    });
  });

  test('are not a demo when all of their names are refused', () => {
    const problems = problemsIn(() =>
      loadListed('  - { region: cn-north-4, projectId: a }', { IAM_PASSWORD: undefined }),
    );
    expect(Object.keys(problems)).toEqual(['projects[0].name', 'IAM_PASSWORD']);
  });
});

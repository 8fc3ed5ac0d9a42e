import { describe, expect, test } from '@jest/globals';
import { CALLERS, DIGEST, ENVIRONMENT, load, loadWith, problemsIn, PROJECT_ID } from './config.fixture.js';
import { withDemo, type Demo } from './load-config.js';

function demo(projects = ['demo'], { project = 'demo', caller = 'demo-caller' } = {}): Demo {
  return {
    project: {
      name: project,
      region: 'cn-north-4',
      projectId: PROJECT_ID,
      hssEndpoint: 'http://127.0.0.1:9000',
      iamEndpoint: 'http://127.0.0.1:9000',
      credentials: { kind: 'password', domainName: 'demo', userName: 'demo', password: 'demo' },
      enterpriseProjectId: '0',
    },
    caller: {
      id: caller,
      keys: [{ sha256: DIGEST }],
      grants: [{ operations: ['*'], projects, enterpriseProjects: ['*'] }],
    },
  };
}

describe('withDemo', () => {
  test('adds the project and the caller to an empty configuration', () => {
    const config = withDemo(load({}), demo(['*']));
    expect([...config.projects.keys()]).toEqual(['demo']);
    expect(Object.isFrozen(config.projects.get('demo')?.credentials)).toBe(true);
    expect(config.callers.map(({ id }) => id)).toEqual(['demo-caller']);
  });

  test('adds them beside what is configured', () => {
    const config = withDemo(loadWith({ GATEWAY_DEMO: '1' }), demo());
    expect([...config.projects.keys()]).toEqual(['default', 'demo']);
    expect(config.callers.map(({ id }) => id)).toEqual(['soc-portal', 'demo-caller']);
  });

  test('refuses what is not in demo mode', () => {
    expect(() => withDemo(loadWith({}), demo())).toThrow('not in demo mode');
  });

  test.each([
    ['a project', demo(['default'], { project: 'default' }), 'has the name of the demo project'],
    ['a caller', demo(['demo'], { caller: 'soc-portal' }), 'has the id of the demo caller'],
  ])('refuses to replace %s', (_, added, problem) => {
    expect(() => withDemo(loadWith({ GATEWAY_DEMO: '1' }, CALLERS), added)).toThrow(problem);
  });

  test.each(['*', 'default'])('keeps the demo caller from the real projects: %s', (name) => {
    expect(() => withDemo(loadWith({ GATEWAY_DEMO: '1' }), demo(['demo', name]))).toThrow(
      'only be granted the demo project',
    );
  });
});

describe('demo mode', () => {
  test('is implied when no project is configured, and asks for nothing', () => {
    expect(load({})).toMatchObject({ demo: true, callers: [], projects: new Map() });
  });

  test('is not implied by half a project', () => {
    expect(problemsIn(() => load({ HSS_PROJECT_ID: ENVIRONMENT.HSS_PROJECT_ID }))).toHaveProperty([
      'HSS_REGION',
    ]);
  });

  test('is not implied in production, where a missing project is a problem', () => {
    const problems = problemsIn(() => load({ NODE_ENV: 'production' }));
    expect(problems).toEqual({
      projects: expect.stringContaining('set HSS_REGION, or list projects'),
      callers: expect.stringContaining('nobody could use the gateway'),
    });
    expect(problems['projects']).not.toContain('GATEWAY_DEMO');
  });

  test('is refused in production', () => {
    const problems = problemsIn(() => load({ NODE_ENV: 'production', GATEWAY_DEMO: '1' }));
    expect(problems).toEqual({
      GATEWAY_DEMO: expect.stringContaining('refused when NODE_ENV is production'),
    });
  });

  test('can be turned off, and then a project is missing', () => {
    const problems = problemsIn(() => load({ GATEWAY_DEMO: '0' }));
    expect(problems['projects']).toContain('GATEWAY_DEMO=1');
  });
});

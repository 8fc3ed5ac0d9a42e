import { afterEach, describe, expect, it } from '@jest/globals';

import type { PasswordCredentials, ProjectConfig } from '../src/config/config.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms } from './support/bulk-alarms.js';
import { projectOf, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type LogLine } from './support/standing-gateway.js';

// Each start of a process takes about a second, and several on a machine that is busy.
const TOKENS = '/v3/auth/tokens';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const withPassword = (project: ProjectConfig, password: string): ProjectConfig => ({
  ...project,
  credentials: { ...(project.credentials as PasswordCredentials), password },
});
const ready = (at: Rig): Promise<JsonAnswer> => at.call('GET', '/readyz', undefined, { key: null });
const gauge = (at: Rig, project: string) => metric(at, `hss_gateway_project_ready{project="${project}"}`);
const list = (at: Rig, project: string) => at.call('GET', `/v1/alarms?project=${project}&limit=1`);

describe('a project whose credentials are refused', () => {
  it('keeps no other project from being served, and is named where readiness and metrics are read', async () => {
    rig = await startRig({
      projects: (cloud) => [projectOf(cloud), withPassword(projectOf(cloud, 'broken'), 'wrong')],
    });
    const at = rig;
    expect((await ready(at)).body).toEqual({ status: 'ready' });
    expect([await gauge(at, 'test'), await gauge(at, 'broken')]).toEqual([1, 1]);
    expect(problemOf(await list(at, 'broken')).code).toBe('upstream_authentication_failed');
    const after = await ready(at);
    expect([after.status, after.body]).toEqual([
      200,
      { status: 'ready', unserved: [{ project: 'broken', reason: 'refused' }] },
    ]);
    expect([await gauge(at, 'test'), await gauge(at, 'broken')]).toEqual([1, 0]);
    expect((await list(at, 'test')).status).toBe(200);
  });

  it('is a reason not to be ready where there is no other', async () => {
    rig = await startRig({
      projects: (cloud) => ['one', 'two'].map((name) => withPassword(projectOf(cloud, name), `no ${name}`)),
    });
    await list(rig, 'one');
    expect((await ready(rig)).status).toBe(200);
    await list(rig, 'two');
    expect(problemOf(await ready(rig))).toMatchObject({
      status: 503,
      code: 'not_ready',
      detail:
        'No project can be served: one (its credentials are refused), two (its credentials are refused).',
      retryAfter: 5,
    });
  });
});

describe('an IAM that asks for patience with logins', () => {
  const tomorrow = () => new Date(Date.now() + 86_400_000).toUTCString();

  it.each([
    ['a day', () => '86400'],
    ['decades', () => '999999999'],
    ['until tomorrow', tomorrow],
  ])('is given minutes when it asks for %s, and nobody calls that a refusal', async (_, said) => {
    rig = await startRig();
    const at = rig;
    const headers = { 'Retry-After': said() };
    const fault = { kind: 'status', status: 429, errorCode: 'IAM.0012', headers };
    await at.control('POST', '/faults', [{ match: { path: TOKENS }, fault }]);
    for (let count = 0; count < 3; count += 1) {
      const answer = await list(at, 'test');
      const { code, detail } = problemOf(answer);
      expect([answer.status, code]).toEqual([503, 'upstream_throttled']);
      expect(detail).not.toMatch(/credential|password|account/);
      const wait = Number(answer.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(200);
      expect(wait).toBeLessThanOrEqual(300);
    }
    expect(await at.received(TOKENS)).toHaveLength(1);
    const answer = await ready(at);
    expect([answer.status, answer.body]).toEqual([
      200,
      { status: 'ready', unserved: [{ project: 'test', reason: 'throttled' }] },
    ]);
    expect(await gauge(at, 'test')).toBe(0);
  });
});

describe('tokens that live for seconds', () => {
  it('are not asked for with every request', async () => {
    rig = await startRig();
    const at = rig;
    await at.control('POST', '/settings', { tokenLifetimeMs: 20_000 });
    for (let count = 0; count < 20; count += 1) {
      const answer = await list(at, 'test');
      expect(problemOf(answer)).toMatchObject({ status: 503, code: 'upstream_token_unusable' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    // However slow this machine is: five seconds lie before the second one, and ten before the third.
    expect((await at.received(TOKENS)).length).toBeLessThan(10);
    expect(problemOf(await ready(at)).detail).toBe(
      'No project can be served: test (the credentials that it is given cannot be used).',
    );
  });
});

describe('the log', () => {
  /** What one gateway logs, above the usual, while a cloud is as a test has it. */
  async function complaints(
    prepare: (control: Rig['control'], cloud: Simulator) => Promise<unknown>,
    env: Record<string, string> = {},
  ): Promise<LogLine[]> {
    const cloud = await startSimulator({ alarms: 0 });
    const folder = newFolder();
    const gateway = await standGateway({ simulator: cloud, folder, env });
    try {
      const control: Rig['control'] = (method, path, body) =>
        fetch(`${cloud.url}/__control${path}`, {
          method,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }) as unknown as Promise<JsonAnswer>;
      await prepare(control, cloud);
      for (let count = 0; count < 10; count += 1) await gateway.call('GET', '/v1/alarms?limit=1');
      const loud = () => gateway.lines().filter(({ level }) => level === 'warn' || level === 'error');
      await eventually(loud, (lines) => lines.length > 0);
      return loud();
    } finally {
      gateway.signal('SIGKILL');
      await gateway.exited;
      await cloud.close();
      removeFolder(folder);
    }
  }

  it('names the project whose login is refused, as an error, once', async () => {
    const lines = await complaints(() => Promise.resolve(), { IAM_PASSWORD: 'wrong' });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        projects: ['test'],
        trouble: 'refused',
        msg: 'IAM refuses the login: check the account and its password',
      }),
    ]);
  });

  it('says once, as an error, that tokens cannot be used, and why', async () => {
    const lines = await complaints((control) => control('POST', '/settings', { tokenLifetimeMs: 20_000 }));
    // On a machine so slow that five seconds pass meanwhile there may be another.
    expect(lines.length).toBeLessThan(5);
    expect(lines[0]).toMatchObject({
      level: 'error',
      project: 'test',
      trouble: 'unusable',
      msg: 'IAM gives a token that lives for 20 seconds only',
      waitMs: expect.any(Number),
    });
  });

  it('does not call a throttle a refusal', async () => {
    const fault = { kind: 'status', status: 429, errorCode: 'IAM.0012', headers: { 'Retry-After': '86400' } };
    const lines = await complaints((control) =>
      control('POST', '/faults', [{ match: { path: TOKENS }, times: 'always', fault }]),
    );
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', projects: ['test'], trouble: 'throttled' }),
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/refuse/);
  });
});

describe('every 503', () => {
  const QUICK = {
    ...{ deadlineMs: 10_000, attemptTimeoutMs: 2_000, maxAttempts: 2, connections: 8 },
    ...{ settleQuietMs: 60_000, settleGiveUpMs: 60_000 },
  };
  const nowhere = 'http://127.0.0.1:1';
  const without = ({ projectId: _, ...project }: ProjectConfig): ProjectConfig => project;
  const signing = (project: ProjectConfig, ak: string, sk: string): ProjectConfig => ({
    ...project,
    credentials: { kind: 'aksk', ak, sk },
  });
  const fault = (path: string, what: object) => (at: Rig) =>
    at.control('POST', '/faults', [{ match: { path }, times: 'always', fault: what }]);
  const nothing = () => Promise.resolve();

  it.each<[string, (cloud: Simulator) => ProjectConfig, (at: Rig) => Promise<unknown>]>([
    ['IAM is not there', (cloud) => ({ ...projectOf(cloud), iamEndpoint: nowhere }), nothing],
    ['IAM fails', projectOf, fault(TOKENS, { kind: 'status', status: 500, errorCode: 'IAM.0006' })],
    ['IAM is silent', projectOf, fault(TOKENS, { kind: 'reset', when: 'before_effect' })],
    ['IAM answers something else', projectOf, fault(TOKENS, { kind: 'html', status: 200 })],
    ['IAM refuses the password', (cloud) => withPassword(projectOf(cloud), 'wrong'), nothing],
    [
      'IAM has locked the account',
      projectOf,
      fault(TOKENS, { kind: 'status', status: 401, errorCode: 'IAM.0061' }),
    ],
    [
      'IAM is asked too often',
      projectOf,
      fault(TOKENS, { kind: 'status', status: 429, errorCode: 'IAM.0012' }),
    ],
    ['HSS is not there', (cloud) => ({ ...projectOf(cloud), hssEndpoint: nowhere }), nothing],
    ['HSS is asked too often', projectOf, fault('/event/', { kind: 'throttle', retryAfter: '0' })],
    [
      'HSS cannot be passed on to',
      projectOf,
      fault('/event/', { kind: 'status', status: 503, errorCode: 'APIGW.0613' }),
    ],
    [
      'HSS has frozen the account',
      projectOf,
      fault('/event/', { kind: 'status', status: 405, errorCode: 'APIGW.0502' }),
    ],
    ['HSS does not take the token', projectOf, fault('/event/', { kind: 'status', status: 401 })],
    ['HSS does not take the key', (cloud) => signing(projectOf(cloud), cloud.account.ak, 'wrong'), nothing],
    [
      'the project is not known',
      (cloud) => without(signing(projectOf(cloud), cloud.account.ak, cloud.account.sk)),
      (at) => at.control('POST', '/settings', { projectLookup: 'zero' }),
    ],
    [
      'the project cannot be looked up',
      (cloud) =>
        without({ ...signing(projectOf(cloud), cloud.account.ak, cloud.account.sk), iamEndpoint: nowhere }),
      nothing,
    ],
    [
      'the metadata service is not there',
      (cloud) => ({ ...projectOf(cloud), credentials: { kind: 'ecs-metadata', endpoint: nowhere } }),
      nothing,
    ],
  ])('says when to come back: %s', async (_, project, prepare) => {
    rig = await startRig({ upstream: QUICK, projects: (cloud) => [project(cloud)] });
    const at = rig;
    const alarms = await addAlarms(at, 1);
    await prepare(at);
    for (let count = 0; count < 3; count += 1) {
      for (const answer of [await list(at, 'test'), await at.operate({ operation: 'ignore', alarms })]) {
        expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('retryAfter')]);
        const wait = Number(answer.headers.get('retry-after'));
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(problemOf(answer).retryAfter).toBe(wait);
      }
    }
  });

  it('of a cold burst does, whatever each of it meets', async () => {
    rig = await startRig({
      upstream: QUICK,
      projects: (cloud) => [
        { ...projectOf(cloud, 'no-iam'), iamEndpoint: nowhere },
        { ...projectOf(cloud, 'no-hss'), hssEndpoint: nowhere },
      ],
    });
    const at = rig;
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => list(at, index % 2 === 0 ? 'no-iam' : 'no-hss')),
    );
    const told = answers.map(({ status, headers }) => [status, Number(headers.get('retry-after')) >= 1]);
    expect(told).toEqual(answers.map(() => [503, true]));
  });
});

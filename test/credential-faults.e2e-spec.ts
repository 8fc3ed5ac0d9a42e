import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CredentialsConfig } from '../src/config/config.js';
import type { SimulatorOptions } from '../src/simulator/simulator.js';
import type { JsonAnswer } from './support/gateway.js';
import {
  headerIn,
  password,
  projectBy,
  startCredentialsRig,
  WAYS,
  type Cloud,
  type CredentialsRig,
} from './support/credentials.js';

let rig: CredentialsRig;
const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-files-'));
afterEach(() => rig.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Name = keyof typeof WAYS;

/** A rig with one project, named as its way is. */
async function start(
  name: Name,
  id: 'configured' | 'looked up' = 'configured',
  change: (credentials: CredentialsConfig, cloud: Cloud) => CredentialsConfig = (same) => same,
  options: SimulatorOptions = {},
): Promise<void> {
  rig = await startCredentialsRig((cloud) => {
    const project = projectBy(WAYS[name], name, cloud, id);
    return [{ ...project, credentials: change(project.credentials, cloud) }];
  }, options);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The answer as soon as it is another than 503: files are looked at once a second. */
async function handledAtLast(project: string): Promise<JsonAnswer> {
  let answer = await rig.handle(project);
  for (let tries = 0; tries < 3_000 && answer.status === 503; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await rig.handle(project);
  }
  return answer;
}

const refuse = (times: number | 'always', errorCode: string, path = '/event/operate') =>
  rig.client.addFaults({ match: { path }, times, fault: { kind: 'status', status: 401, errorCode } });

describe('a token that HSS does not take', () => {
  it.each(['APIGW.0301', 'APIGW.0307', 'APIG.0301'])(
    'is replaced once, and the request sent once more, outside of the retries: %s',
    async (code) => {
      await start('password');
      await rig.handle('password');
      await rig.forget();
      await refuse(1, code);
      expect(await rig.handle('password')).toMatchObject({ status: 200, body: { status: 'applied' } });
      expect(await rig.logins()).toHaveLength(1);
      expect(await rig.operations()).toHaveLength(2);
    },
  );

  it('is replaced when it was revoked, for all requests at once', async () => {
    await start('password');
    await rig.handle('password');
    await rig.forget();
    await rig.client.control('POST', 'tokens/revoke', {});
    const answers = await Promise.all(Array.from({ length: 50 }, () => rig.handle('password')));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(await rig.logins()).toHaveLength(1);
  });

  it('is final the second time', async () => {
    await start('password');
    await refuse('always', 'APIGW.0301');
    expect(await rig.handle('password')).toMatchObject({
      status: 503,
      body: { code: 'upstream_authentication_failed', outcome: 'rejected', bytesSent: true },
    });
    expect(await rig.logins()).toHaveLength(2);
    expect(await rig.operations()).toHaveLength(2);
  });

  it('does not make IAM give out one new token a request, nor is it sent twice', async () => {
    await start('password');
    await refuse('always', 'APIGW.0301');
    for (let count = 0; count < 20; count += 1) await rig.handle('password');
    expect(await rig.logins()).toHaveLength(2);
    expect(await rig.operations()).toHaveLength(21);
  });
});

describe('a cold start', () => {
  it.each<[Name, number]>([
    ['password', 1],
    ['agency', 2],
  ])('with the credentials of %s asks IAM for tokens so often: %i', async (name, logins) => {
    await start(name, 'looked up');
    const answers = await Promise.all(Array.from({ length: 60 }, () => rig.handle(name)));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(await rig.logins()).toHaveLength(logins);
  });

  it("with the server's own key asks for one key and one project", async () => {
    await start('server', 'looked up');
    const answers = await Promise.all(Array.from({ length: 60 }, () => rig.handle('server')));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(rig.metadata.requests).toHaveLength(2);
    expect(await rig.client.requests('/v3/projects')).toHaveLength(1);
  });
});

describe('a password in a file', () => {
  it('takes effect without a restart when it changes', async () => {
    const passwordFile = file('password', 'wrong\n');
    await start('password', 'configured', (credentials) => ({
      ...(credentials as ReturnType<typeof password>),
      password: 'wrong',
      passwordFile,
    }));
    expect(await rig.handle('password')).toMatchObject({
      status: 503,
      body: { code: 'upstream_authentication_failed', outcome: 'not_attempted' },
    });
    expect(await rig.call('GET', '/readyz')).toMatchObject({ status: 503 });
    await Promise.all(Array.from({ length: 50 }, () => rig.handle('password')));
    expect(await rig.logins()).toHaveLength(1);
    file('password', `${rig.simulator.account.password}\n`);
    expect(await handledAtLast('password')).toMatchObject({ status: 200 });
    expect(await rig.logins()).toHaveLength(2);
    expect(await rig.call('GET', '/readyz')).toMatchObject({ status: 200 });
  });
});

describe('an access key in files', () => {
  const files = (ak: string, sk: string, token?: string) => ({
    akFile: file('ak', ak),
    skFile: file('sk', sk),
    ...(token !== undefined && { securityTokenFile: file('token', token) }),
  });

  it('that is wrong is sent once and not locked, and the right one takes effect without a restart', async () => {
    await start('key', 'configured', (_, { simulator: { account } }) => {
      return { kind: 'aksk', ak: account.ak, sk: 'wrong', ...files(account.ak, 'wrong') };
    });
    for (let count = 0; count < 20; count += 1)
      expect(await rig.handle('key')).toMatchObject({ status: 503 });
    expect(await rig.operations()).toHaveLength(1);
    files(rig.simulator.account.ak, rig.simulator.account.sk);
    expect(await handledAtLast('key')).toMatchObject({ status: 200 });
  });

  it('may be a temporary one that is replaced by another while requests come', async () => {
    let now = Date.now();
    interface Key {
      readonly access: string;
      readonly secret: string;
      readonly securitytoken: string;
    }
    const issue = async (durationSeconds: number) =>
      (await rig.client.control('POST', 'credentials', { durationSeconds })) as Key;
    await start(
      'key',
      'looked up',
      () => ({
        kind: 'aksk',
        ak: 'none',
        sk: 'none',
        securityToken: 'none',
        ...files('none', 'none', 'none'),
      }),
      { now: () => now },
    );
    const first = await issue(60);
    files(first.access, first.secret, first.securitytoken);
    expect(await handledAtLast('key')).toMatchObject({ status: 200 });
    now += 61_000;
    const second = await issue(3_600);
    files(second.access, second.secret, second.securitytoken);
    expect(await rig.handle('key')).toMatchObject({ status: 200 });
    const tokens = (await rig.operations()).map((request) => headerIn(request, 'X-Security-Token'));
    expect(tokens.at(0)).toBe(first.securitytoken);
    expect(tokens.at(-1)).toBe(second.securitytoken);
  });
});

describe("the server's own key", () => {
  it.each([404, 405, 503] as const)('comes from an older metadata service too: %i', async (tokenStatus) => {
    await start('server');
    rig.metadata.change({ tokenStatus });
    expect(await rig.handle('server')).toMatchObject({ status: 200 });
  });

  it('is asked for with a new token when the old one has run out', async () => {
    await start('server');
    rig.metadata.change({ refuseOnce: true });
    expect(await rig.handle('server')).toMatchObject({ status: 200 });
    expect(rig.metadata.requests).toHaveLength(4);
  });

  it('cannot be had where there is no metadata service, and nothing is sent', async () => {
    await start('server');
    await rig.metadata.close();
    expect(await rig.handle('server')).toMatchObject({
      status: 503,
      body: { code: 'upstream_credentials_unavailable', outcome: 'not_attempted', retryable: true },
    });
    expect(await rig.operations()).toEqual([]);
  });
});

describe('the id of a project that has to be looked up', () => {
  it.each(['zero', 'many'] as const)(
    'is not guessed when IAM knows %s, and nothing is done or made',
    async (projectLookup) => {
      await start('key', 'looked up');
      await rig.client.change({ projectLookup });
      expect(await rig.handle('key')).toMatchObject({
        status: 503,
        body: { code: 'upstream_project_unknown', retryable: false, retryAfter: 5 },
      });
      const requests = await rig.client.requests();
      expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
        `GET /v3/projects?name=${rig.simulator.project.region}`,
      ]);
      expect(await rig.call('GET', '/v1/operations')).toMatchObject({ body: { items: [] } });
    },
  );

  it('is not known while IAM is down, and known as soon as it is back', async () => {
    await start('key', 'looked up');
    const match = { path: '/v3/projects' };
    await rig.client.addFaults({ match, times: 1, fault: { kind: 'status', status: 503 } });
    expect(await rig.handle('key')).toMatchObject({
      status: 503,
      body: { code: 'upstream_project_unknown' },
    });
    expect(await rig.handle('key')).toMatchObject({ status: 200 });
  });
});

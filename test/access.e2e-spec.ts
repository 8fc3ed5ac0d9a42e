import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { AppModule } from '../src/app.module.js';
import { setUpApp } from '../src/app.setup.js';
import type { CallerConfig } from '../src/config/config.js';
import type { Grant } from '../src/domain/caller.js';
import { OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { BEHIND_A_PROXY, from, newAddress } from './support/addresses.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  projectOf,
  sha256,
  startRig,
  type CallOptions,
  type Rig,
} from './support/gateway.js';
import {
  problemOf,
  recordsOf,
  refusalOf,
  requestsUpstream,
  sendRaw,
  type ProblemDocument,
} from './support/problems.js';
import { routesOf } from './support/routes.js';

/** Routes that anyone may reach. A new one belongs here only if it tells a stranger nothing. */
const PUBLIC = ['/livez', '/metrics', '/readyz'];

const EXPIRED_KEY = 'planted-expired-key';
const bot: CallerConfig = { ...portal, id: 'bot', keys: [{ sha256: sha256(OTHER_KEY) }] };
const former: CallerConfig = {
  ...portal,
  id: 'former',
  keys: [{ sha256: sha256(EXPIRED_KEY), expiresAt: 1_000 }],
};

const alarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1_672_046_760_353,
};

describe('a stranger at every route', () => {
  let rig: Rig;
  // Of its own: so many refusals leave no others a record.
  beforeAll(async () => {
    rig = await startRig({ listen: BEHIND_A_PROXY });
  });
  afterAll(() => rig.close());

  it('finds it shut, but for the public ones', async () => {
    const routes = routesOf(rig);
    expect(routes).toContainEqual({ method: 'POST', path: '/v1/operations' });
    expect(routes).toContainEqual({ method: 'GET', path: '/v1/operations/:id' });
    expect([...new Set(routes.map(({ path }) => path))]).toEqual(expect.arrayContaining(PUBLIC));
    for (const { method, path } of routes) {
      const url = rig.gateway.url + path.replace(/:\w+/g, '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d');
      const { status } = await fetch(url, { method, headers: from(newAddress()) });
      // Where one proves who one is, there is nothing to let in before.
      const shut = path === '/v3/auth/tokens' ? 400 : 401;
      expect([method, path, status]).toEqual([method, path, PUBLIC.includes(path) ? 200 : shut]);
    }
  });
});

describe('a stranger', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ callers: [portal, bot, former], listen: BEHIND_A_PROXY });
  });
  afterAll(() => rig.close());
  afterEach(async () => expect(await requestsUpstream(rig)).toBe(0));

  /** Sends headers as they stand, twice the same one included, and answers the problem. */
  async function refusedRaw(headers: string): Promise<ProblemDocument> {
    const request = `GET /v1/operations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ${newAddress()}\r\n${headers}\r\n`;
    const answer = await sendRaw(rig.gateway.url, request);
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as ProblemDocument;
  }

  it.each<[string, CallOptions, string]>([
    ['no key', { key: null }, 'missing_key'],
    ['an empty key', { key: null, headers: { 'X-Api-Key': '' } }, 'missing_key'],
    ['a wrong key', { key: 'planted-wrong-key' }, 'invalid_key'],
    ['a wrong key as X-Api-Key', { key: null, headers: { 'X-Api-Key': 'planted-wrong-key' } }, 'invalid_key'],
    ['an expired key', { key: EXPIRED_KEY }, 'expired_key'],
    ['a key and the same key again', { headers: { 'X-Api-Key': KEY } }, 'two_keys'],
    ['a key and the key of somebody else', { headers: { 'X-Api-Key': OTHER_KEY } }, 'two_keys'],
    [
      'another kind of authentication',
      { key: null, headers: { Authorization: `Basic ${btoa(KEY)}` } },
      'invalid_authorization',
    ],
    ['a bare key', { key: null, headers: { Authorization: KEY } }, 'invalid_authorization'],
  ])('with %s is refused and remembered, without the key', async (_, options, code) => {
    const address = newAddress();
    const headers = { ...options.headers, ...from(address) };
    const answer = await rig.operate({ operation: 'ignore', alarms: [alarm] }, { ...options, headers });
    const problem = problemOf(answer);
    expect([answer.status, problem.code]).toEqual([401, code]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    const record = await refusalOf(rig, problem.requestId);
    expect(record).toMatchObject({ code, status: 401, route: '/v1/operations', method: 'POST', address });
    // Whose it was can be told of a key that once was good.
    expect(record?.caller).toBe(code === 'expired_key' ? former.id : undefined);
    for (const key of [KEY, OTHER_KEY, EXPIRED_KEY, 'planted-wrong-key']) {
      expect(answer.text + JSON.stringify(record)).not.toContain(key);
    }
  });

  it('is refused before the body is read', async () => {
    const raw = '{"operation":'.repeat(100_000);
    expect(
      problemOf(await rig.operate(undefined, { key: null, raw, headers: from(newAddress()) })),
    ).toMatchObject({ status: 401 });
  });

  it('with one X-Api-Key after the other is refused', async () => {
    expect(await refusedRaw(`X-Api-Key: ${KEY}\r\nX-Api-Key: ${KEY}\r\n`)).toMatchObject({ status: 401 });
  });

  it('does not get in by a key in the query', async () => {
    const answer = await fetchJson(
      'GET',
      `${rig.gateway.url}/v1/operations?key=${KEY}&api_key=${KEY}`,
      undefined,
      {},
    );
    expect(answer.status).toBe(401);
    expect(JSON.stringify(await recordsOf(rig, 'refusal'))).not.toContain(KEY);
  });
});

describe('a route that declares no access rule', () => {
  @Controller('v1/forgotten')
  class ForgottenController {
    @Get()
    find(): string {
      return 'nobody should read this';
    }
  }

  let rig: Rig;
  let app: NestFastifyApplication;
  beforeAll(async () => {
    rig = await startRig();
    const config = {
      ...rig.config,
      database: { kind: 'embedded', path: `${(rig.config.database as { path: string }).path}-2` },
    } as const;
    @Module({ imports: [AppModule.with(config)], controllers: [ForgottenController] })
    class WithForgotten {}
    app = await setUpApp(config, { root: { module: WithForgotten } });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await rig.close();
  });

  it.each([KEY, null])('cannot be reached by anyone (key: %p)', async (key) => {
    const answer = await fetchJson('GET', `${await app.getUrl()}/v1/forgotten`, undefined, { key });
    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'no_access_rule' });
    expect(answer.text).not.toContain('nobody should read this');
  });
});

describe('a caller', () => {
  const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
  const ALL = 'all_granted_eps';
  const everything: Grant = { operations: ['*'], projects: ['*'], enterpriseProjects: ['*', ALL] };
  const GRANTS: Readonly<Record<string, readonly Grant[]>> = {
    everything: [everything],
    'any-single': [{ ...everything, enterpriseProjects: ['*'] }],
    'all-only': [{ ...everything, enterpriseProjects: [ALL] }],
    ignorer: [{ operations: ['ignore', 'do_not_ignore'], projects: ['test'], enterpriseProjects: ['0'] }],
    'two-grants': [
      { operations: ['isolate_and_kill'], projects: ['other'], enterpriseProjects: [SHOP] },
      { operations: ['mark_as_handled'], projects: ['*'], enterpriseProjects: ['0', SHOP] },
    ],
    nobody: [{ operations: ['ignore'], projects: ['elsewhere'], enterpriseProjects: ['*'] }],
  };
  const keyOf = (id: string): string => `key-of-${id}`;
  const callers = Object.entries(GRANTS).map(([id, grants]) => ({
    id,
    grants,
    keys: [{ sha256: sha256(keyOf(id)) }],
  }));

  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      callers,
      projects: (cloud) => [
        projectOf(cloud),
        { ...projectOf(cloud, 'other'), region: cloud.otherProject.region, projectId: cloud.otherProject.id },
      ],
    });
  });
  afterAll(() => rig.close());
  beforeEach(() => rig.control('DELETE', '/requests'));

  /** An alarm that exists nowhere, with what any operation type asks for. */
  const nowhere = {
    ...alarm,
    eventId: 'nowhere',
    details: [
      {
        agentId: 'a',
        fileHash: 'h',
        filePath: '/x',
        processPid: 3123,
        keyword: 'k',
        hash: 'h',
        loginIp: '10.0.0.1',
        privateIp: '10.0.0.2',
        loginUserName: 'root',
      },
    ],
  };

  it.each(Object.keys(GRANTS))('%s may do exactly what one of its grants covers', async (id) => {
    const covers = (list: readonly string[], item: string) =>
      list.includes(item) || (item !== ALL && list.includes('*'));
    for (const operation of OPERATION_TYPE_NAMES) {
      for (const project of ['test', 'other']) {
        for (const enterpriseProjectId of ['0', SHOP, ALL]) {
          await rig.control('DELETE', '/requests');
          const scope = { project, enterpriseProjectId };
          const answer = await rig.operate({ operation, alarms: [nowhere], scope }, { key: keyOf(id) });
          const allowed = GRANTS[id]?.some(
            (grant) =>
              covers(grant.operations, operation) &&
              covers(grant.projects, project) &&
              covers(grant.enterpriseProjects, enterpriseProjectId),
          );
          const operated = (await rig.received('/event/operate')).map(({ url }) => url);
          const cell = [operation, project, enterpriseProjectId];
          if (allowed) {
            // Upstream does not know the alarm; that it was asked is what counts.
            expect([...cell, answer.status]).toEqual([...cell, 404]);
            expect(operated).toEqual([
              expect.stringContaining(`enterprise_project_id=${enterpriseProjectId}`),
            ]);
          } else {
            expect([...cell, answer.status]).toEqual([...cell, 403]);
            expect(problemOf(answer)).toMatchObject({
              code: 'not_granted',
              detail: expect.stringContaining(id),
            });
            expect(await requestsUpstream(rig)).toBe(0);
          }
        }
      }
    }
  });

  it('is told what it lacks, and the trail keeps it', async () => {
    const answer = await rig.operate(
      { operation: 'isolate_and_kill', alarms: [nowhere] },
      { key: keyOf('ignorer') },
    );
    const problem = problemOf(answer);
    expect(problem.detail).toBe(
      'Caller ignorer is not granted operation isolate_and_kill in project test. Nothing was done.',
    );
    expect(await refusalOf(rig, problem.requestId)).toMatchObject({
      caller: 'ignorer',
      code: 'not_granted',
      status: 403,
    });
  });

  it('is told what is wrong with its request before it is told what it may not', async () => {
    const answer = await rig.operate(
      { operation: 'isolate_and_kill', alarms: [alarm] },
      { key: keyOf('ignorer') },
    );
    expect(answer.status).toBe(400);
  });

  it('has a key that opens the same as X-Api-Key', async () => {
    const options = { key: null, headers: { 'X-Api-Key': keyOf('everything') } };
    expect((await rig.call('GET', '/v1/operations', undefined, options)).status).toBe(200);
  });
});

describe('the receipts of another caller', () => {
  let rig: Rig;
  let id: string;
  beforeAll(async () => {
    rig = await startRig({ callers: [portal, bot] });
    id = ((await rig.operate({ operation: 'ignore', alarms: [alarm] })).body as { id: string }).id;
  });
  afterAll(() => rig.close());

  it('are not found, just as if there were none', async () => {
    const { requestId: _one, ...theirs } = problemOf(
      await rig.call('GET', `/v1/operations/${id}`, undefined, { key: OTHER_KEY }),
    );
    const missing = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
    const { requestId: _other, ...none } = problemOf(
      await rig.call('GET', `/v1/operations/${missing}`, undefined, { key: OTHER_KEY }),
    );
    expect(theirs).toEqual(none);
    expect(theirs).toMatchObject({ status: 404, code: 'operation_not_found' });
    expect((await rig.call('GET', `/v1/operations/${id}`)).status).toBe(200);
  });

  it.each(['', '?operation=ignore', `?alarm=${alarm.eventId}`, '?status=applied&project=test'])(
    'are not listed by %j',
    async (query) => {
      const theirs = await rig.call('GET', `/v1/operations${query}`, undefined, { key: OTHER_KEY });
      expect(theirs.body).toEqual({ items: [] });
      expect((await rig.call('GET', `/v1/operations${query}`)).body).toMatchObject({ items: [{ id }] });
    },
  );
});

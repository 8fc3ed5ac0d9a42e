import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { keyPairOf, MASTER_KEY, signedHeaders } from './support/drop-in.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  projectOf,
  sha256,
  startRig,
  type JsonAnswer,
  type Rig,
} from './support/gateway.js';
import { sdkClient, sdkClientOfRegion, sdkOptions } from './support/official-sdk.js';

/** What upstream's clients ask IAM, asked of the gateway. */

const OTHER = '1b2c3d4e5f60718293a4b5c6d7e8f90a';
const narrow: CallerConfig = {
  id: 'narrow',
  keys: [{ id: 'n-1', sha256: sha256(OTHER_KEY) }],
  grants: [{ operations: ['ignore'], projects: ['second'], enterpriseProjects: ['0'] }],
};
const soon = Date.now() + 60_000;
const signer: CallerConfig = {
  ...portal,
  keys: [...portal.keys, { id: 'soon', sha256: sha256('key-for-a-minute'), expiresAt: soon }],
  signingKeys: [{ id: 'sdk' }],
};

let rig: Rig;
let projectId: string;
beforeAll(async () => {
  rig = await startRig({
    callers: [signer, narrow],
    projects: (cloud) => {
      const { projectId: _, ...lookedUp } = projectOf(cloud);
      return [
        // Its id is looked up by the name of its region.
        lookedUp,
        { ...projectOf(cloud, 'second'), region: 'ap-southeast-1', projectId: OTHER },
        { ...projectOf(cloud, 'third'), region: 'ap-southeast-1', projectId: '2'.repeat(32) },
        { ...projectOf(cloud, 'fourth'), projectId: '3'.repeat(32) },
      ];
    },
    signing: { masterKey: MASTER_KEY },
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
  projectId = rig.simulator.project.id;
});
afterAll(() => rig.close());

let address = 0;
/** From an address of its own: failures of one are slowed down. */
function ask(
  method: string,
  path: string,
  { token = KEY, body, headers = {} }: { token?: string | null; body?: unknown; headers?: object } = {},
): Promise<JsonAnswer> {
  address += 1;
  return fetchJson(method, rig.gateway.url + path, body, {
    headers: {
      'X-Forwarded-For': `198.18.${address >> 8}.${address & 255}`,
      ...(token !== null && { 'X-Auth-Token': token }),
      ...headers,
    },
  });
}

const login = (user: unknown, password: unknown, scope: object = { project: { name: 'cn-north-4' } }) => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: user, password, domain: { name: 'whatever' } } },
    },
    scope,
  },
});
const tokenOf = async (body: object = login('portal', KEY)): Promise<string> => {
  const answer = await ask('POST', '/v3/auth/tokens', { token: null, body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.headers.get('X-Subject-Token') ?? '';
};

const events = (of = projectId) => `/v5/${of}/event/events?category=host`;

/** Names of members, at any depth, without how many there are. */
function membersOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return membersOf((value as unknown[])[0], `${at}[]`);
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, item]) => membersOf(item, `${at}.${name}`));
}

describe('what IAM is asked', () => {
  it.each(['/v3/projects?name=cn-north-4', '/v3/auth/domains', '/v3/auth/catalog'])(
    'is answered with the members that upstream has: %s',
    async (path) => {
      const cloud = new SimulatorClient(rig.simulator);
      const straight = await cloud.send('GET', path, { headers: { 'X-Auth-Token': await cloud.token() } });
      const through = await ask('GET', path);
      expect([straight.status, through.status]).toEqual([200, 200]);
      expect(membersOf(through.body).sort()).toEqual(membersOf(JSON.parse(straight.bodyText)).sort());
    },
  );

  it('is answered with a token that has the members that upstream’s has', async () => {
    const straight = await new SimulatorClient(rig.simulator).requestToken();
    const body = login('portal', KEY, { project: { id: projectId } });
    const through = await ask('POST', '/v3/auth/tokens?nocatalog=true', { token: null, body });
    expect([straight.status, through.status]).toEqual([201, 201]);
    expect(membersOf(through.body).sort()).toEqual(membersOf(JSON.parse(straight.bodyText)).sort());
  });

  it.each<[string, string]>([
    ['PUT', '/v3/auth/tokens'],
    ['GET', '/v3/regions'],
    ['POST', '/v3/projects'],
    ['GET', '/v3/users'],
  ])('and nothing else is: %s %s', async (method, path) => {
    const answer = await ask(method, path, { ...(method !== 'GET' && { body: {} }) });
    expect([answer.status, answer.body.error_code]).toEqual([404, 'APIGW.0101']);
  });
});

describe('GET /v3/projects', () => {
  const projects = async (query = '', token = KEY) =>
    (
      (await ask('GET', `/v3/projects${query}`, { token })).body as {
        projects: { id: string; name: string }[];
      }
    ).projects;

  it('names those that the caller is granted, by their regions', async () => {
    expect((await projects('?name=cn-north-4')).map(({ id }) => id)).toEqual([projectId]);
    expect(await projects('', OTHER_KEY)).toEqual([
      expect.objectContaining({ id: OTHER, name: 'ap-southeast-1', enabled: true, is_domain: false }),
    ]);
    expect(await projects('?name=cn-north-4', OTHER_KEY)).toEqual([]);
  });

  it('leaves it open to nobody which of several of a region is meant', async () => {
    expect((await projects()).map(({ name }) => name)).toEqual([
      'cn-north-4',
      'ap-southeast-1_second',
      'ap-southeast-1_third',
      'cn-north-4_fourth',
    ]);
    expect(await projects('?name=ap-southeast-1')).toEqual([]);
    expect((await projects('?page=2&per_page=1')).map(({ name }) => name)).toEqual(['ap-southeast-1_second']);
  });

  it('is narrowed by what IAM narrows by', async () => {
    for (const query of ['?enabled=false', '?is_domain=true', '?domain_id=x', '?parent_id=x']) {
      expect([query, await projects(query)]).toEqual([query, []]);
    }
    expect((await projects('?enabled=true&is_domain=false')).length).toBe(4);
    for (const query of ['?page=0', '?per_page=0', '?per_page=5001', '?page=-1', '?page=x']) {
      const answer = await ask('GET', `/v3/projects${query}`);
      expect([query, answer.status, answer.body.error_code]).toEqual([query, 400, '1101']);
    }
  });

  it('says that it does not know where IAM does not say, and never that there is none', async () => {
    const down = await startRig({
      callers: [signer],
      upstream: { maxAttempts: 1 },
      projects: (cloud) => {
        const { projectId: _, ...lookedUp } = projectOf(cloud, 'second');
        return [projectOf(cloud), { ...lookedUp, region: 'eu-west-101', iamEndpoint: 'http://127.0.0.1:1' }];
      },
    });
    try {
      const headers = { 'X-Auth-Token': KEY };
      const get = (path: string) => fetchJson('GET', down.gateway.url + path, undefined, { headers });
      expect((await get('/v3/projects?name=cn-north-4')).status).toBe(200);
      for (const path of ['/v3/projects?name=eu-west-101', '/v3/projects']) {
        expect([path, (await get(path)).status]).toEqual([path, 502]);
      }
      const body = login('portal', KEY, { project: { name: 'eu-west-101' } });
      expect((await fetchJson('POST', `${down.gateway.url}/v3/auth/tokens`, body, {})).status).toBe(502);
      expect((await get(`/v5/${'9'.repeat(32)}/event/events?category=host`)).status).toBe(502);
    } finally {
      await down.close();
    }
  });

  it('is how an SDK finds the id of its project, where it is given a region only', async () => {
    const client = sdkClientOfRegion(rig.gateway.url, keyPairOf('portal'), 'cn-north-4');
    await rig.control('DELETE', '/requests');
    const listed = await client.sendRequest(
      sdkOptions({ method: 'GET', url: '/v5/{project_id}/event/events?category=host' }),
    );
    expect([listed.httpStatusCode, listed['total_num']]).toEqual([200, expect.any(Number)]);
    const [received] = await rig.received('/event/events');
    expect(received!.url).toContain(projectId);
  });

  it('answers a signed request', async () => {
    const global = sdkClient(rig.gateway.url, keyPairOf('portal'));
    const found = await global.sendRequest(
      sdkOptions({ method: 'GET', url: '/v3/projects?name=cn-north-4' }),
    );
    const [{ id } = { id: '' }] = found['projects'] as { id: string }[];
    expect(id).toBe(projectId);
    const client = sdkClient(rig.gateway.url, keyPairOf('portal'), id);
    const listed = await client.sendRequest(
      sdkOptions({ method: 'GET', url: '/v5/{project_id}/event/events?category=host' }),
    );
    expect([listed.httpStatusCode, listed['total_num']]).toEqual([200, expect.any(Number)]);
  });
});

describe('GET /v3/auth/domains and /v3/auth/catalog', () => {
  it('are about the gateway, whatever client asks', async () => {
    const domains = await ask('GET', '/v3/auth/domains');
    expect(domains.body).toMatchObject({
      domains: [{ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'hss-gateway', enabled: true }],
    });
    expect(domains.text).not.toContain(rig.simulator.account.domain);
    const { catalog } = (await ask('GET', '/v3/auth/catalog')).body as {
      catalog: { type: string; endpoints: { url: string }[] }[];
    };
    const urls = catalog.flatMap(({ type, endpoints }) => endpoints.map(({ url }) => [type, url]));
    expect(urls).toContainEqual(['hss', `${rig.gateway.url}/v5/${projectId}`]);
    expect(urls).toContainEqual(['iam', `${rig.gateway.url}/v3`]);
    for (const [, url] of urls) expect(url).toContain(rig.gateway.url);
  });

  it.each(['/v3/projects', '/v3/auth/domains', '/v3/auth/catalog'])('take a credential: %s', async (path) => {
    for (const [token, code] of [
      [null, 'IAM.0067'],
      ['wrong', 'IAM.0067'],
    ] as const) {
      const answer = await ask('GET', path, { token });
      expect([answer.status, answer.body.error_code]).toEqual([401, code]);
    }
    const signed = await fetchJson('GET', rig.gateway.url + path, undefined, {
      headers: signedHeaders(rig.gateway.url + path, '', { pair: keyPairOf('portal'), method: 'GET' }),
    });
    expect(signed.status).toBe(200);
    expect((await ask('GET', `${path}?unknown=1`)).status).toBe(400);
  });
});

describe('POST /v3/auth/tokens', () => {
  it('gives a token for an hour, with which everything under /v5 and /v3 can be called', async () => {
    const answer = await ask('POST', '/v3/auth/tokens', { token: null, body: login('portal', KEY) });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    const { token } = answer.body as {
      token: Record<string, unknown> & { expires_at: string; issued_at: string };
    };
    expect(Date.parse(token.expires_at) - Date.parse(token.issued_at)).toBe(3_600_000);
    expect(token).toMatchObject({
      methods: ['password'],
      user: { name: 'portal', domain: { name: 'hss-gateway' } },
      project: { id: projectId, name: 'cn-north-4' },
      roles: [{ id: '0' }],
    });
    expect(JSON.stringify(token['catalog'])).toContain(rig.gateway.url);
    const text = answer.headers.get('X-Subject-Token')!;
    for (const path of [events(), '/v3/projects']) {
      expect([path, (await ask('GET', path, { token: text })).status]).toEqual([path, 200]);
    }
    const quiet = await ask('POST', '/v3/auth/tokens?nocatalog=true', {
      token: null,
      body: login('portal', KEY),
    });
    expect((quiet.body as { token: object }).token).not.toHaveProperty('catalog');
  });

  it('is worth what its caller is granted, and nothing elsewhere', async () => {
    const token = await tokenOf(login('narrow', OTHER_KEY, { project: { id: OTHER } }));
    const foreign = await ask('GET', events(), { token });
    expect([foreign.status, foreign.body.error_code]).toEqual([403, 'APIGW.0310']);
    for (const headers of [
      { Authorization: `Bearer ${token}` },
      { 'X-Api-Key': token },
      { 'X-Auth-Token': token },
    ]) {
      expect((await ask('GET', '/v1/operations', { token: null, headers })).status).toBe(401);
    }
    expect(
      (await ask('GET', events(), { token: null, headers: { Authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
    expect((await ask('GET', events(), { token: `${token.slice(0, -1)}x` })).status).toBe(401);
  });

  it('ends with its key', async () => {
    const body = login('portal', 'key-for-a-minute');
    const answer = await ask('POST', '/v3/auth/tokens', { token: null, body });
    const { token } = answer.body as { token: { expires_at: string } };
    expect(Date.parse(token.expires_at)).toBe(soon);
  });

  it.each<[string, object, number, string]>([
    ['a wrong password', login('portal', 'wrong'), 401, 'IAM.0062'],
    ['another caller’s key', login('portal', OTHER_KEY), 401, 'IAM.0062'],
    ['a caller that is not known', login('nobody', KEY), 401, 'IAM.0062'],
    ['a caller named as an object has them', login('__proto__', KEY), 401, 'IAM.0062'],
    ['a project that is not granted', login('narrow', OTHER_KEY), 404, 'IAM.0004'],
    ['a project that is none', login('portal', KEY, { project: { id: 'none' } }), 404, 'IAM.0004'],
    ['no name', login('', KEY), 400, '1101'],
    ['a password that is none', login('portal', { $ne: 1 }), 400, '1101'],
    ['nothing', {}, 400, '1101'],
    [
      'an agency',
      {
        auth: { identity: { methods: ['assume_role'], assume_role: { agency_name: 'a', domain_name: 'b' } } },
      },
      400,
      '1101',
    ],
  ])('is refused for %s', async (_, body, status, code) => {
    const answer = await ask('POST', '/v3/auth/tokens', { token: null, body });
    expect([answer.status, answer.body]).toEqual([
      status,
      { error_code: code, error_msg: expect.any(String), request_id: answer.headers.get('X-Request-Id') },
    ]);
    expect(answer.headers.get('X-Subject-Token')).toBeNull();
    expect(answer.text).not.toContain(KEY);
  });

  it('names all that is wrong at once, and never what was sent', async () => {
    const body = { auth: { identity: { methods: ['totp'], password: { user: { password: 7 } } } } };
    const { body: said } = (await ask('POST', '/v3/auth/tokens', { token: null, body })) as {
      body: { error_msg: string };
    };
    for (const part of ['identity.methods', 'user.name', 'user.password'])
      expect(said.error_msg).toContain(part);
  });

  it('slows wrong ones down, and not the right one', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.77' };
    const codes = [];
    for (let index = 0; index < 14; index += 1) {
      const answer = await ask('POST', '/v3/auth/tokens', {
        token: null,
        body: login('portal', `w${index}`),
        headers,
      });
      codes.push(answer.status);
    }
    expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(codes.at(-1)).toBe(429);
    const right = await ask('POST', '/v3/auth/tokens', { token: null, body: login('portal', KEY), headers });
    expect(right.status).toBe(201);
  });

  it('counts as a request', async () => {
    const few = await startRig({ callers: [{ ...signer, limits: { requestsPerMinute: 2 } }] });
    try {
      const statuses = [];
      for (let index = 0; index < 3; index += 1) {
        const answer = await fetchJson('POST', `${few.gateway.url}/v3/auth/tokens`, login('portal', KEY), {});
        statuses.push([answer.status, (answer.body as { error_code?: string }).error_code]);
      }
      expect(statuses).toEqual([
        [201, undefined],
        [201, undefined],
        [429, 'IAM.0012'],
      ]);
    } finally {
      await few.close();
    }
  });

  it('reads no long body of a sender that is not known', async () => {
    const raw = JSON.stringify(login('portal', 'x'.repeat(20_000)));
    const answer = await fetchJson('POST', `${rig.gateway.url}/v3/auth/tokens`, undefined, { raw });
    expect([answer.status, answer.body.error_code]).toEqual([413, 'APIGW.0201']);
  });

  it('gives tokens that are known after a restart, where there is a master key', async () => {
    const token = await tokenOf();
    const next = await startRig({ callers: [signer], signing: { masterKey: MASTER_KEY } });
    const other = await startRig({
      callers: [signer],
      signing: { masterKey: 'another-master-key-of-32-characters' },
    });
    const rotated = await startRig({
      callers: [{ ...signer, keys: [{ ...portal.keys[0]!, sha256: sha256('a-new-key') }] }],
      signing: { masterKey: MASTER_KEY },
    });
    try {
      const status = async ({ gateway }: Rig) =>
        (
          await fetchJson('GET', `${gateway.url}/v3/projects`, undefined, {
            headers: { 'X-Auth-Token': token },
          })
        ).status;
      expect([await status(next), await status(other), await status(rotated)]).toEqual([200, 401, 401]);
    } finally {
      for (const each of [next, other, rotated]) await each.close();
    }
  });
});

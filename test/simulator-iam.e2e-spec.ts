import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { startMetadataService, type MetadataService } from './support/metadata-service.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { loadHssContract } from './support/hss-contract.js';

const contract = loadHssContract();
let now = Date.UTC(2026, 7, 20);
let simulator: Simulator;
let client: SimulatorClient;

beforeAll(async () => {
  simulator = await startSimulator({ now: () => now, alarms: 0 });
  client = new SimulatorClient(simulator);
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Exchange> {
  const answer = await client.send(method, url, { headers, body });
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

function code(answer: Exchange): unknown {
  return [answer.status, (JSON.parse(answer.bodyText) as { error_code?: string }).error_code];
}

describe('an agency token', () => {
  const role = { domain_name: 'delegating-account', agency_name: 'hss-operator' };
  const assume = (token: string, changes: object = {}, scope: object = { project: { name: 'cn-north-4' } }) =>
    send(
      'POST',
      '/v3/auth/tokens',
      { 'X-Auth-Token': token },
      {
        auth: { identity: { methods: ['assume_role'], assume_role: { ...role, ...changes } }, scope },
      },
    );

  test("opens the other account's project of that name, and says who took it on", async () => {
    const answer = await assume(await client.token());
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.bodyText)).toMatchObject({
      token: {
        methods: ['assume_role'],
        project: { id: simulator.agency.project.id, domain: { name: 'delegating-account' } },
        assumed_by: { user: { name: simulator.account.user } },
      },
    });
    const headers = { 'X-Auth-Token': answer.headers['x-subject-token']! };
    const list = await send('GET', `/v5/${simulator.agency.project.id}/event/events?category=host`, headers);
    expect(JSON.parse(list.bodyText)).toMatchObject({
      data_list: [{ event_id: simulator.specialAlarms.agency }],
    });
    const own = await send('GET', `/v5/${simulator.project.id}/event/events?category=host`, headers);
    expect(code(own)).toEqual([401, 'APIGW.0307']);
  });

  test('the account may be named by its id', async () => {
    const { domain_name: _, ...byId } = { ...role, domain_id: 'e89dcbd297c855aa05911360ce133579' };
    const body = { auth: { identity: { methods: ['assume_role'], assume_role: byId } } };
    const headers = { 'X-Auth-Token': await client.token() };
    expect((await send('POST', '/v3/auth/tokens', headers, body)).status).toBe(201);
  });

  test('refused: no token, an unknown agency or account, a project of the own account', async () => {
    const token = await client.token();
    expect(code(await assume('invented'))).toEqual([401, 'IAM.0067']);
    expect(code(await assume(token, { agency_name: 'nobody' }))).toEqual([404, 'IAM.0004']);
    expect(code(await assume(token, { domain_name: 'nobody' }))).toEqual([404, 'IAM.0004']);
    expect(code(await assume(token, {}, { project: { id: simulator.project.id } }))).toEqual([
      404,
      'IAM.0004',
    ]);
  });

  test('an agency cannot be taken on by an agency', async () => {
    const agency = (await assume(await client.token())).headers['x-subject-token']!;
    expect(code(await assume(agency))).toEqual([403, 'IAM.0003']);
  });
});

describe('looking at a token', () => {
  const look = (token: string, subject: string) =>
    send('GET', '/v3/auth/tokens?nocatalog=true', { 'X-Auth-Token': token, 'X-Subject-Token': subject });

  test('the same body as when it was issued', async () => {
    const issued = await client.requestToken();
    const token = issued.headers['x-subject-token']!;
    const answer = await look(token, token);
    expect([answer.status, answer.bodyText]).toEqual([200, issued.bodyText]);
  });

  test('an unknown one, an expired one, and nothing without a token', async () => {
    const [token, other] = [await client.token(), await client.token()];
    expect(code(await look(token, 'invented'))).toEqual([404, 'IAM.0004']);
    expect(code(await look('invented', token))).toEqual([401, 'IAM.0067']);
    now += 24 * 3_600_000;
    expect(code(await look(token, other))).toEqual([401, 'IAM.0066']);
  });
});

describe('finding a project by name', () => {
  const find = async (query: string) => {
    const answer = await send('GET', `/v3/projects${query}`, { 'X-Auth-Token': await client.token() });
    return (JSON.parse(answer.bodyText) as { projects: { id: string; name: string }[] }).projects;
  };

  test('one, none, all without a name; many and none where that is asked for; counted', async () => {
    expect(await find('?name=cn-north-4')).toMatchObject([{ id: simulator.project.id, name: 'cn-north-4' }]);
    expect(await find('?name=eu-west-101')).toEqual([]);
    expect(await find('')).toHaveLength(2);
    await client.change({ projectLookup: 'many' });
    expect((await find('?name=cn-north-4')).map((each) => each.name)).toEqual([
      'cn-north-4',
      'cn-north-4_dev',
    ]);
    await client.change({ projectLookup: 'zero' });
    expect(await find('?name=cn-north-4')).toEqual([]);
    expect(await client.requests('/v3/projects')).toHaveLength(5);
  });

  test('not without a credential', async () => {
    expect(code(await send('GET', '/v3/projects', {}))).toEqual([401, 'IAM.0067']);
  });
});

describe('the account and its services', () => {
  const own = async () => ({ 'X-Auth-Token': await client.token() });

  test('the account of the caller, also where that is an agency', async () => {
    const { domain: name, domainId: id } = simulator.account;
    const answer = await send('GET', '/v3/auth/domains', await own());
    expect([answer.status, JSON.parse(answer.bodyText)]).toEqual([
      200,
      {
        domains: [
          {
            id,
            name,
            enabled: true,
            description: '',
            links: { self: expect.stringMatching(`/v3/domains/${id}$`) },
          },
        ],
        links: { next: null, previous: null, self: expect.stringMatching('/v3/auth/domains$') },
      },
    ]);
    const role = { domain_name: 'delegating-account', agency_name: 'hss-operator' };
    const body = { auth: { identity: { methods: ['assume_role'], assume_role: role } } };
    const agency = (await send('POST', '/v3/auth/tokens', await own(), body)).headers['x-subject-token']!;
    const others = await send('GET', '/v3/auth/domains', { 'X-Auth-Token': agency });
    expect(JSON.parse(others.bodyText)).toMatchObject({ domains: [{ name: 'delegating-account' }] });
  });

  test('the services, all of them where they were asked for', async () => {
    const answer = await send('GET', '/v3/auth/catalog', { ...(await own()), Host: 'cloud.example:8443' });
    const { catalog } = JSON.parse(answer.bodyText) as { catalog: { name: string; endpoints: object[] }[] };
    expect(catalog.map((service) => service.name)).toEqual(['hss', 'iam']);
    for (const { endpoints } of catalog)
      expect(endpoints).toMatchObject([{ interface: 'public', url: 'http://cloud.example:8443' }]);
    const here = await send('GET', '/v3/auth/catalog', await own());
    expect(here.bodyText).toContain(`"url":"${simulator.url}"`);
  });

  test.each(['domains', 'catalog'])('%s: not without a credential', async (path) => {
    expect(code(await send('GET', `/v3/auth/${path}`, {}))).toEqual([401, 'IAM.0067']);
    expect(code(await send('GET', `/v3/auth/${path}`, { 'X-Auth-Token': 'invented' }))).toEqual([
      401,
      'IAM.0067',
    ]);
  });
});

describe('the metadata service of a server', () => {
  let metadata: MetadataService;
  beforeAll(async () => {
    metadata = await startMetadataService(simulator);
  });
  afterAll(() => metadata.close());

  const token = (headers: Record<string, string> = { 'X-Metadata-Token-Ttl-Seconds': '21600' }) =>
    fetch(`${metadata.url}/meta-data/latest/api/token`, { method: 'PUT', headers });
  const key = (headers: Record<string, string> = {}) =>
    fetch(`${metadata.url}/openstack/latest/securitykey`, { headers });

  test('a token first, and with it a temporary key that the simulator knows', async () => {
    expect((await key()).status).toBe(401);
    expect((await token({})).status).toBe(400);
    const answer = await key({ 'X-Metadata-Token': await (await token()).text() });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      credential: {
        access: expect.stringMatching(/^\w{20}$/),
        secret: expect.stringMatching(/^.{40}$/),
        securitytoken: expect.any(String),
        expires_at: expect.stringMatching(/Z$/),
      },
    });
    expect(metadata.requests.slice(-2)).toEqual([
      'PUT /meta-data/latest/api/token',
      'GET /openstack/latest/securitykey',
    ]);
  });

  test('an older service knows no tokens; a token can run out once', async () => {
    metadata.change({ tokenStatus: 404 });
    expect((await token()).status).toBe(404);
    expect((await key()).status).toBe(200);
    metadata.change({ tokenStatus: 200, refuseOnce: true });
    const headers = { 'X-Metadata-Token': await (await token()).text() };
    expect([(await key(headers)).status, (await key(headers)).status]).toEqual([401, 200]);
  });
});

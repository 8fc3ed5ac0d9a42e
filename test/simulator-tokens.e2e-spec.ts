import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
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

function held(answer: Exchange): Exchange {
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

async function list(headers: Record<string, string>, project = simulator.project.id): Promise<Exchange> {
  return held(await client.send('GET', `/v5/${project}/event/events?category=host`, { headers }));
}

function code(answer: Exchange): [number, unknown] {
  const body = JSON.parse(answer.bodyText) as { error_code?: string; error?: { code: number } };
  return [answer.status, body.error_code ?? body.error?.code];
}

const send = (body: unknown, headers = {}): Promise<Exchange> =>
  client.send('POST', '/v3/auth/tokens', { body, headers }).then(held);

function passwordBody(changes: { user?: object; scope?: object | null; methods?: string[] } = {}): object {
  const { domain, user: name, password } = simulator.account;
  const user = { name, password, domain: { name: domain }, ...changes.user };
  const scope =
    changes.scope === null ? {} : { scope: changes.scope ?? { project: { id: simulator.project.id } } };
  return { auth: { identity: { methods: changes.methods ?? ['password'], password: { user } }, ...scope } };
}

describe('a token by password', () => {
  test('201, in the header, with the documented body and a life of 24 hours', async () => {
    const answer = held(await client.requestToken());
    expect(answer.status).toBe(201);
    expect(answer.headers['x-subject-token']).toMatch(/^MII[\w-]+$/);
    const { token } = JSON.parse(answer.bodyText) as { token: Record<string, unknown> };
    expect(token).toMatchObject({
      methods: ['password'],
      issued_at: '2026-08-20T00:00:00.000000Z',
      expires_at: '2026-08-21T00:00:00.000000Z',
      user: { name: simulator.account.user, domain: { name: simulator.account.domain } },
      project: { id: simulator.project.id, name: simulator.project.region },
    });
    expect(token).not.toHaveProperty('catalog');
  });

  test('the catalog is left out only where that is asked for', async () => {
    const { token } = JSON.parse((await send(passwordBody())).bodyText) as { token: Record<string, unknown> };
    expect(token['catalog']).not.toHaveLength(0);
  });

  test('a project by name, by id, and of another account', async () => {
    const byName = await send(passwordBody({ scope: { project: { name: simulator.otherProject.region } } }));
    expect(JSON.parse(byName.bodyText)).toMatchObject({
      token: { project: { id: simulator.otherProject.id } },
    });
    const unknown = { project: { id: '2c3d4e5f60718293a4b5c6d7e8f90a1b' } };
    expect(code(await send(passwordBody({ scope: unknown })))).toEqual([404, 'IAM.0004']);
    expect(code(await send(passwordBody({ scope: { project: { name: 'eu-west-101' } } })))).toEqual([
      404,
      'IAM.0004',
    ]);
  });

  test('a domain, or nothing: no token for HSS', async () => {
    const domain = await send(passwordBody({ scope: { domain: { name: simulator.account.domain } } }));
    expect(JSON.parse(domain.bodyText)).toMatchObject({
      token: { domain: { name: simulator.account.domain } },
    });
    expect((await send(passwordBody({ scope: null }))).status).toBe(201);
    const token = domain.headers['x-subject-token']!;
    expect(code(await list({ 'X-Auth-Token': token }))).toEqual([401, 'APIGW.0301']);
  });

  test('as long as asked for, up to 32,768 characters, and accepted by HSS at that length', async () => {
    await client.change({ tokenLength: 32_768 });
    const token = await client.token();
    expect(token).toHaveLength(32_768);
    expect((await list({ 'X-Auth-Token': token })).status).toBe(200);
  });

  test.each<[string, number, unknown, unknown]>([
    ['no JSON', 400, 400, '{'],
    ['no method', 400, 400, { auth: {} }],
    ['an unknown method', 400, 400, { auth: { identity: { methods: ['hw_ak_sk'] } } }],
    ['no user', 400, '1101', { auth: { identity: { methods: ['password'] } } }],
  ])('malformed: %s', async (_, status, expected, body) => {
    expect(code(await send(body))).toEqual([status, expected]);
  });

  test('a password that is no text, and a body that is not declared JSON', async () => {
    expect(code(await send(passwordBody({ user: { password: 7 } })))).toEqual([400, '1103']);
    expect(code(await send(passwordBody(), { 'Content-Type': 'text/plain' }))).toEqual([400, 400]);
  });
});

describe('a wrong password', () => {
  const wrong = async () => code(held(await client.requestToken({ password: 'wrong' })));

  test('401 in the shape that is set', async () => {
    expect(await wrong()).toEqual([401, 401]);
    await client.change({ wrongPasswordShape: 'flat' });
    expect(await wrong()).toEqual([401, 'IAM.0062']);
  });

  test('five in a row lock the user for 15 minutes, the right password included', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await wrong()).toEqual([401, 401]);
    expect(code(held(await client.requestToken()))).toEqual([401, 'IAM.0061']);
    now += 15 * 60_000 - 1;
    expect(code(await client.requestToken())).toEqual([401, 'IAM.0061']);
    now += 1;
    expect((await client.requestToken()).status).toBe(201);
  });

  test('a right one in between starts the count again', async () => {
    for (let attempt = 0; attempt < 4; attempt += 1) await wrong();
    expect((await client.requestToken()).status).toBe(201);
    for (let attempt = 0; attempt < 4; attempt += 1) await wrong();
    expect((await client.requestToken()).status).toBe(201);
  });

  test('after a change of password the old one is wrong', async () => {
    await client.change({ password: 'Another-Passw0rd' });
    expect(code(await client.requestToken())).toEqual([401, 401]);
    expect((await client.requestToken({ password: 'Another-Passw0rd' })).status).toBe(201);
  });
});

describe('what a token opens', () => {
  test('nothing without one, nothing with an invented one', async () => {
    expect(code(await list({}))).toEqual([401, 'APIGW.0301']);
    expect(code(await list({ 'X-Auth-Token': 'invented' }))).toEqual([401, 'APIGW.0301']);
  });

  test('its own project and region only', async () => {
    const token = await client.token();
    expect((await list({ 'X-Auth-Token': token, region: 'cn-north-4' })).status).toBe(200);
    expect(code(await list({ 'X-Auth-Token': token, region: 'cn-south-1' }))).toEqual([401, 'APIGW.0307']);
    expect(code(await list({ 'X-Auth-Token': token }, simulator.otherProject.id))).toEqual([
      401,
      'APIGW.0307',
    ]);
    expect(code(await list({ 'X-Auth-Token': token }, 'f'.repeat(32)))).toEqual([403, 'APIGW.0310']);
    const other = await client.token(simulator.otherProject.id);
    expect((await list({ 'X-Auth-Token': other }, simulator.otherProject.id)).status).toBe(200);
  });

  test('until it expires; an earlier token stays valid beside a later one', async () => {
    const [earlier, later] = [await client.token(), await client.token()];
    expect(earlier).not.toBe(later);
    now += 24 * 3_600_000 - 1;
    expect((await list({ 'X-Auth-Token': earlier })).status).toBe(200);
    now += 1;
    expect(code(await list({ 'X-Auth-Token': earlier }))).toEqual([401, 'APIGW.0307']);
  });

  test('until it is revoked: those of one project, or all', async () => {
    const [own, other] = [await client.token(), await client.token(simulator.otherProject.id)];
    await client.control('POST', 'tokens/revoke', { projectId: simulator.otherProject.id });
    expect(code(await list({ 'X-Auth-Token': other }, simulator.otherProject.id))).toEqual([
      401,
      'APIGW.0307',
    ]);
    expect((await list({ 'X-Auth-Token': own })).status).toBe(200);
    expect(await client.control('POST', 'tokens/revoke')).not.toEqual({ revoked: 0 });
    expect(code(await list({ 'X-Auth-Token': own }))).toEqual([401, 'APIGW.0307']);
  });

  test('a call that does not exist is the gateway saying so', async () => {
    const answer = await client.send('GET', `/v5/${simulator.project.id}/event/nothing`);
    expect(code(answer)).toEqual([404, 'APIGW.0101']);
  });
});

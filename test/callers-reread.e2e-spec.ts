import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { loadConfig } from '../src/config/load-config.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { startGateway, type Gateway } from '../src/start.js';
import { from, newAddress } from './support/addresses.js';
import { fetchJson, sha256 } from './support/gateway.js';
import { startIssuer, type Issuer } from './support/issuer.js';

const GRANT = '{ operations: ["*"], projects: [default], enterpriseProjects: ["0"] }';
const portal = (...secrets: string[]) =>
  `  - { id: portal, keys: [${secrets.map((secret) => `{ sha256: ${sha256(secret)} }`).join(', ')}], grants: [${GRANT}] }\n`;
const bot = `  - { id: bot, tokens: [{ issuer: corporate, claims: [{ name: azp, value: portal-app }] }], grants: [${GRANT}] }\n`;

let folder: string;
let file: string;
let simulator: Simulator;
let issuer: Issuer;
let gateway: Gateway;
let issuers: string;
let rounds = 0;

function start(): Promise<Gateway> {
  const { region, id } = simulator.project;
  const { domain, user, password } = simulator.account;
  const config = loadConfig({
    environment: {
      PORT: '0',
      LOG_LEVEL: 'silent',
      GATEWAY_DOCS: '0',
      // The tests are a proxy that is trusted: each request comes from an address of its own, so that none is slowed down.
      GATEWAY_TRUSTED_PROXIES: '127.0.0.1',
      GATEWAY_CONFIG: file,
      GATEWAY_DATABASE_URL: `file:${join(folder, 'gateway.db')}`,
      HSS_REGION: region,
      HSS_PROJECT_ID: id,
      HSS_ENDPOINT: simulator.url,
      IAM_ENDPOINT: simulator.url,
      IAM_DOMAIN_NAME: domain,
      IAM_USER_NAME: user,
      IAM_PASSWORD: password,
    },
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  return startGateway(config);
}

const me = (secret: string) =>
  fetchJson('GET', `${gateway.url}/v1/me`, undefined, { key: secret, headers: from(newAddress()) });

/** Asks until the answer is this, for longer than a change may take; a test that waits in vain fails by its own time limit. */
async function becomes(secret: string, status: number): Promise<void> {
  while ((await me(secret)).status !== status) await wait(25);
}

/** Several readings of the file go by. */
const severalReadings = () => wait(1_000);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  file = join(folder, 'gateway.yaml');
  simulator = await startSimulator();
  issuer = await startIssuer();
  const { config } = issuer;
  issuers = `issuers: [{ name: corporate, issuer: "${config.issuer}", jwksUrl: "${config.jwksUrl}", audiences: [hss-gateway] }]\n`;
  writeFileSync(file, `callers:\n${portal('one')}`);
  gateway = await start();
});
afterAll(async () => {
  await gateway.close();
  await simulator.close();
  await issuer.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  rounds += 1;
  const marker = `round-${rounds}`;
  writeFileSync(file, `callers:\n${portal('one', 'two', marker)}${bot}${issuers}`);
  await becomes(marker, 200);
});

describe('when the configuration file changes', () => {
  it('a key that is no longer in it stops working, and the others go on', async () => {
    writeFileSync(file, `callers:\n${portal('two')}`);
    await becomes('one', 401);
    expect((await me('two')).status).toBe(200);
  });

  it('a new key starts working, also when the file is replaced by a rename', async () => {
    writeFileSync(`${file}~`, `callers:\n${portal('one', 'two', 'three')}`);
    renameSync(`${file}~`, file);
    await becomes('three', 200);
    expect((await me('one')).status).toBe(200);
  });

  it('a token that was verified stops working when its caller goes', async () => {
    const token = await issuer.token();
    expect((await me(token)).status).toBe(200);
    expect((await me(token)).status).toBe(200);
    writeFileSync(file, `callers:\n${portal('one', 'two')}${issuers}`);
    await becomes(token, 403);
    writeFileSync(file, `callers:\n${portal('one', 'two')}${bot}${issuers}`);
    await becomes(token, 200);
    // The issuer's keys were kept all the while.
    expect(issuer.fetches()).toBe(1);
  });

  it('grants change with it', async () => {
    const grant = `{ rights: [read], projects: [default], enterpriseProjects: ["0"] }`;
    writeFileSync(file, `callers:\n${portal('one', 'two').replace(GRANT, grant)}`);
    const act = () => fetchJson('POST', `${gateway.url}/v1/operations`, {}, { key: 'one' });
    while ((await act()).status !== 403) await wait(25);
    expect((await me('one')).body).toMatchObject({ grants: [{ rights: ['read'], operations: [] }] });
  });

  it.each<[string, (text: string) => string]>([
    ['is no YAML', (text) => `${text}\n}`],
    ['has a bad caller among good ones', (text) => text.replace('id: bot', 'id: "?"')],
    ['is cut off', (text) => text.slice(0, text.indexOf('grants'))],
    ['is empty', () => ''],
  ])('everything stays as it was if it %s', async (_, spoil) => {
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, spoil(good.replace(sha256('one'), sha256('four'))));
    await severalReadings();
    expect((await me('four')).status).toBe(401);
    expect([(await me('one')).status, (await me('two')).status]).toEqual([200, 200]);
    // And it is followed on.
    writeFileSync(file, good.replace(sha256('one'), sha256('four')));
    await becomes('four', 200);
  });

  it('everything stays as it was while it is away', async () => {
    rmSync(file);
    await severalReadings();
    expect((await me('one')).status).toBe(200);
  });

  it('a slip in another part of it does not keep a key from being revoked', async () => {
    writeFileSync(file, `callers:\n${portal('two')}limits: { alarmsPerRequest: many }\n`);
    await becomes('one', 401);
  });
});

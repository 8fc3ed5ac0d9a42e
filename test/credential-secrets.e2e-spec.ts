import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

import type { CredentialsConfig } from '../src/config/config.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startMetadataService } from './support/metadata-service.js';
import { startSimulator } from '../src/simulator/simulator.js';
import { headerIn, password, projectBy, WAYS, type Cloud, type Way } from './support/credentials.js';
import { fetchJson, KEY, sha256 } from './support/gateway.js';

const MAIN = fileURLToPath(new URL('../gateway/main.js', import.meta.url));

/** Besides the ways that work, some that are refused: errors tell more than successes. */
const REFUSED: Readonly<Record<string, Way>> = {
  'wrong-password': {
    ...WAYS.password,
    credentials: (cloud) => ({ ...password(cloud), password: 'Planted-Wr0ng-Password' }),
  },
  'wrong-key': {
    ...WAYS.key,
    credentials: ({ simulator }) => ({
      kind: 'aksk',
      ak: simulator.account.ak,
      sk: 'PlantedWrongSecretKey',
      securityToken: 'PlantedSecurityToken',
    }),
  },
};
const ways: Readonly<Record<string, Way>> = { ...WAYS, ...REFUSED };

let folder: string;
let cloud: Cloud;
let child: ChildProcess;
let url: string;
let output = '';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A project's credentials in the words of the configuration file. */
function inFile(credentials: CredentialsConfig): object {
  if (credentials.kind === 'aksk') return credentials;
  if (credentials.kind === 'ecs-metadata')
    return { kind: credentials.kind, metadataEndpoint: credentials.endpoint };
  const { domainName, userName, password, agency } = credentials;
  const more = agency && { agencyName: agency.name, agencyDomainName: agency.domainName };
  return { kind: 'token', domainName, userName, password, ...more };
}

function configFile(): string {
  const projects = Object.entries(ways).map(([name, way]) => {
    const { hssEndpoint, credentials, ...rest } = projectBy(way, name, cloud, 'configured');
    return { ...rest, endpoint: hssEndpoint, credentials: inFile(credentials) };
  });
  const grants = [{ operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] }];
  return stringify({ projects, callers: [{ id: 'portal', keys: [{ sha256: sha256(KEY) }], grants }] });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-secrets-'));
  const simulator = await startSimulator({ alarms: 0 });
  const metadata = await startMetadataService(simulator);
  cloud = { simulator, metadata, client: new SimulatorClient(simulator) };
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, 'gateway.yaml'), configFile());
  child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      PORT: String(port),
      LOG_LEVEL: 'trace',
      GATEWAY_MAX_EVENT_LOOP_DELAY_MS: '0',
      GATEWAY_CONFIG: 'gateway.yaml',
      GATEWAY_DATABASE_URL: 'file:./gateway.db',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  for (let tries = 0; tries < 3_000; tries += 1) {
    if (await fetch(`${url}/livez`).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway did not start; it wrote:\n${output}`);
});

afterAll(async () => {
  child.kill('SIGKILL');
  await cloud.metadata.close();
  await cloud.simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One operation in each project, of whose answers the text is kept. */
async function handleEverywhere(): Promise<string> {
  const alarm = { eventClassId: 'portscan_0001', eventType: 6002, occurTime: 1 };
  const answers = Object.keys(ways).map(async (project) => {
    const alarms = [{ ...alarm, eventId: randomUUID() }];
    const body = { operation: 'ignore', alarms, scope: { project } };
    return (await fetchJson('POST', `${url}/v1/operations`, body, { key: KEY })).text;
  });
  return (await Promise.all(answers)).join('\n');
}

/** Everything that proves who the gateway is, as configured and as the cloud saw it. */
async function secrets(): Promise<Set<string>> {
  const { account } = cloud.simulator;
  const configured = [
    account.password,
    account.sk,
    'Planted-Wr0ng-Password',
    'PlantedWrongSecretKey',
    'PlantedSecurityToken',
  ];
  const requests = await cloud.client.requests();
  const sent = requests.flatMap((request) => [
    headerIn(request, 'X-Auth-Token'),
    headerIn(request, 'X-Security-Token'),
    /Signature=(\w+)/.exec(headerIn(request, 'Authorization') ?? '')?.[1],
  ]);
  return new Set([...configured, ...sent.filter((each) => each !== undefined)]);
}

it('tells nobody a password, a key or a token: not in an answer, a log, a metric or the audit trail', async () => {
  const answers = [await handleEverywhere()];
  await cloud.client.control('POST', 'tokens/revoke', {});
  await cloud.client.addFaults({
    match: { path: '/event/operate' },
    times: 3,
    fault: { kind: 'status', status: 401, errorCode: 'APIGW.0301' },
  });
  answers.push(await handleEverywhere());
  for (const path of ['/metrics', '/readyz', '/v1/operations']) {
    answers.push((await fetchJson('GET', url + path, undefined, { key: KEY })).text);
  }
  child.kill('SIGTERM');
  await once(child, 'exit');
  const stored = readdirSync(folder)
    .filter((name) => name.startsWith('gateway.db'))
    .map((name) => readFileSync(join(folder, name), 'latin1'));
  const planted = await secrets();
  // Else there would have been nothing to find, or nowhere to find it.
  expect(planted.size).toBeGreaterThan(12);
  expect(output).toContain('IAM refuses the login');
  expect(output).toContain('upstream refuses the access key');
  expect(stored.join()).toContain('wrong-password');
  const told = [...answers, output, ...stored].join('\n');
  expect([...planted].filter((secret) => told.includes(secret))).toEqual([]);
});

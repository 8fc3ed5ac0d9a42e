import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms } from './support/bulk-alarms.js';

import { fetchJson, KEY, type CallOptions, type Received, type Rig } from './support/gateway.js';
import { eventually } from './support/problems.js';
import {
  newFolder,
  removeFolder,
  standGateway,
  type LogLine,
  type StandingGateway,
} from './support/standing-gateway.js';

// Each start of a process takes about a second, and several on a machine that is busy.
const WRONG_KEY = 'planted-wrong-key';
/** A message as the cloud might send it: what it repeats must not be repeated any further. */
const LEAKY = 'the password planted-in-answer is wrong';

let cloud: Simulator;
let folder: string;
let gateway: StandingGateway;
/** Every answer of the gateway, headers included. */
const answers: string[] = [];
let control: Rig['control'];
/** What was sent as a token, or as a password, while the cloud listened. */
const secrets = new Set<string>();

/** One request, its answer kept. */
async function send(method: string, path: string, body?: unknown, options?: CallOptions): Promise<void> {
  const answer = await gateway.call(method, path, body, options);
  answers.push(JSON.stringify([...answer.headers]) + answer.text);
}

async function keepSecrets(): Promise<void> {
  const { requests } = (await control('GET', '/requests')).body as { requests: Received[] };
  for (const { headers } of requests) {
    for (const [name, value] of headers) if (name.toLowerCase() === 'x-auth-token') secrets.add(value);
  }
}

beforeAll(async () => {
  cloud = await startSimulator({ alarms: 0 });
  control = (method, path, body) => fetchJson(method, `${cloud.url}/__control${path}`, body, {});
  folder = newFolder();
  gateway = await standGateway({
    simulator: cloud,
    folder,
    // Every request is sent, whatever state its alarm is in.
    upstream: { verify: 'never' },
    env: { LOG_LEVEL: 'trace', GATEWAY_ATTEMPT_TIMEOUT_MS: '400', GATEWAY_DEADLINE_MS: '2000' },
  });
  // Another one for each fault: what is not known of one holds up the next act on it.
  const [first, ...others] = await addAlarms({ control }, 8);
  const alarms = [first];
  const fault = (what: object, path = 'event/operate') =>
    control('POST', '/faults', [{ match: { path }, fault: what }]);
  const ignore = { operation: 'ignore', alarms };

  await send('POST', '/v1/operations', ignore, { headers: { 'X-Request-Id': 'the-first' } });
  await send('POST', '/v1/operations', { ...ignore, operation: 'isolate_and_kill' });
  for (const [index, what] of [
    { kind: 'reset', when: 'before_body' },
    { kind: 'hang' },
    { kind: 'truncate' },
    { kind: 'html' },
    { kind: 'status', status: 400, errorCode: 'HSS.0001', errorMsg: LEAKY },
    { kind: 'status', status: 500, body: LEAKY },
    { kind: 'status', status: 401, errorCode: 'APIGW.0301', errorMsg: LEAKY },
  ].entries()) {
    await fault(what);
    await send('POST', '/v1/operations', { operation: 'isolate_and_kill', alarms: [others[index]] });
  }
  await send('POST', '/v1/operations', { operation: 'ignore', alarms: [{ secret: KEY }], [KEY]: 1 });
  await send('POST', '/v1/operations', undefined, { raw: `{"broken": ${KEY}` });
  await send('POST', '/v1/operations', ignore, { key: WRONG_KEY });
  await send('POST', '/v1/operations', ignore, {
    key: null,
    headers: { Authorization: `Basic ${WRONG_KEY}` },
  });
  await send('GET', `/v1/operations?key=${WRONG_KEY}`);
  await send('GET', `/v1/nothing/${WRONG_KEY}?key=${WRONG_KEY}`);
  await send('GET', '/v1/operations?limit=500');
  await send('GET', '/readyz');
  await send('GET', '/metrics');
  await keepSecrets();
  // A token that dies, and a password that is wrong from now on.
  await control('POST', '/tokens/revoke', {});
  await control('POST', '/settings', { password: 'another' });
  await send('POST', '/v1/operations', ignore);
  await send('POST', '/v1/operations', ignore);
  await control('POST', '/reset');
  await addAlarms({ control }, 1);
  await fault({ kind: 'throttle', retryAfter: '60' });
  await send('POST', '/v1/operations', ignore);
  await keepSecrets();
  await eventually(
    () => requestLines().length,
    (count) => count >= answers.length,
  );
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});
afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  await cloud.close();
  removeFolder(folder);
});

const requestLines = (): LogLine[] => gateway.lines().filter(({ msg }) => msg === 'request');

describe('secrets', () => {
  /** Keys in full, passwords, tokens. The caller's own key may come back in a pointer that names its own unknown field. */
  const planted = () => [cloud.account.password, WRONG_KEY, 'planted-in-answer', ...secrets];

  it('were there to be told', () => {
    expect(secrets.size).toBeGreaterThanOrEqual(2);
    expect(requestLines().length).toBeGreaterThan(15);
  });

  it('are in no line of the log, at its most talkative', () => {
    for (const secret of [...planted(), KEY]) expect(gateway.output()).not.toContain(secret);
  });

  it('are in no answer', () => {
    const told = answers.filter((answer) => !answer.includes('unknown_field')).join('\n');
    for (const secret of [...planted(), KEY]) expect(told).not.toContain(secret);
    for (const secret of planted()) expect(answers.join('\n')).not.toContain(secret);
  });

  it('are nowhere in the database, deleted pages included', () => {
    const files = readdirSync(folder).filter((name) => name.startsWith('gateway.db'));
    expect(files).toContain('gateway.db');
    const bytes = Buffer.concat(files.map((name) => readFileSync(join(folder, name)))).toString('latin1');
    expect(bytes).toContain('isolate_and_kill');
    for (const secret of planted()) expect(bytes).not.toContain(secret);
  });
});

describe('the log', () => {
  it('is JSON, each line with a time, a level and a message', () => {
    const written = gateway
      .output()
      .split('\n')
      .filter((line) => line !== '');
    expect(gateway.lines()).toHaveLength(written.length);
    for (const line of gateway.lines()) {
      expect(line).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        level: expect.any(String),
        msg: expect.any(String),
      });
    }
  });

  it('has one line for each request, whatever came of it', () => {
    expect(requestLines()).toHaveLength(answers.length);
    for (const line of requestLines()) {
      expect(line).toMatchObject({
        level: 'info',
        requestId: expect.any(String),
        method: expect.stringMatching(/^(GET|POST)$/),
        route: expect.any(String),
        status: expect.any(Number),
        durationMs: expect.any(Number),
      });
    }
  });

  it('has who asked, the pattern of the route, and which operation came of it', () => {
    const [line] = requestLines();
    expect(line).toMatchObject({
      requestId: 'the-first',
      caller: 'portal',
      method: 'POST',
      route: '/v1/operations',
      status: 200,
      operationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(line).not.toHaveProperty('problem');
  });

  it('has the code of the problem, and no caller where nobody was recognised', () => {
    const [stranger, ...others] = requestLines().filter(({ problem }) => problem === 'invalid_key');
    expect([stranger?.['status'], others]).toEqual([401, []]);
    expect(stranger).not.toHaveProperty('caller');
    expect(requestLines().filter(({ problem }) => problem === 'invalid_request').length).toBeGreaterThan(0);
  });

  it('calls nothing an error that nobody has to act on', () => {
    const errors = gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(errors).toEqual([expect.objectContaining({ trouble: 'refused', projects: ['test'] })]);
  });
});

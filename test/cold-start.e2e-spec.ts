import { readFileSync } from 'node:fs';

import { afterEach, describe, expect, it } from '@jest/globals';

import { addAlarms, touched } from './support/bulk-alarms.js';
import { KEY, PATIENT, startRig, type Rig } from './support/gateway.js';
import { startDemoProcess } from './support/process.js';
import { RawClient, type RawAnswer } from './support/raw-client.js';

const TOKENS = '/v3/auth/tokens';
/** However busy the machine is that runs this, nobody is to run out of time. */
const UPSTREAM = {
  ...PATIENT,
  maxAttempts: 3,
  connections: 64,
  settleQuietMs: 60_000,
  settleGiveUpMs: 60_000,
};

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const tokenOf = ({ headers }: { headers: readonly (readonly [string, string])[] }) =>
  headers.find(([name]) => name.toLowerCase() === 'x-auth-token')?.[1];

const codeIn = (body: string) => (JSON.parse(body) as { code?: string }).code;

const delayTokens = (at: Rig, delayMs: number) =>
  at.control('POST', '/faults', [
    { match: { path: TOKENS }, times: 'always', fault: { kind: 'delay', delayMs } },
  ]);

/** What the alarms' listing is answered with to so many connections at once, the first that the gateway gets. */
async function burst(at: Rig, count: number): Promise<RawAnswer[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.to(at.gateway.url)));
  await Promise.all(clients.map((client) => client.head('GET /v1/alarms?limit=1', [`X-Api-Key: ${KEY}`])));
  const answers = await Promise.all(clients.map((client) => client.answer()));
  for (const client of clients) client.destroy();
  return answers;
}

describe('a cold start', () => {
  it('with a thousand requests at once asks for exactly one token, and serves them all', async () => {
    rig = await startRig({ upstream: UPSTREAM });
    const at = rig;
    const alarms = await addAlarms(at, 1_000);
    const answers = await Promise.all(
      alarms.map((alarm) => at.operate({ operation: 'ignore', alarms: [alarm] })),
    );
    expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    expect(await at.received(TOKENS)).toHaveLength(1);
    expect((await touched(at)).map(({ effects }) => effects.length)).toEqual(alarms.map(() => 1));
    expect(new Set((await at.received('/event/operate')).map(tokenOf)).size).toBe(1);
  });

  it('with an IAM that takes its time keeps everybody waiting for the same answer', async () => {
    rig = await startRig({ upstream: UPSTREAM });
    const at = rig;
    const alarms = await addAlarms(at, 20);
    await at.control('POST', '/faults', [
      { match: { path: TOKENS }, fault: { kind: 'delay', delayMs: 300 } },
    ]);
    const answers = await Promise.all(
      alarms.map((alarm) => at.operate({ operation: 'ignore', alarms: [alarm] })),
    );
    expect(answers.map(({ status }) => status)).toEqual(alarms.map(() => 200));
    expect(await at.received(TOKENS)).toHaveLength(1);
  });

  it('with a burst of connections and a slow IAM serves every one of them', async () => {
    rig = await startRig({ upstream: UPSTREAM });
    // Long, but within what is left of an operation's usual time.
    await delayTokens(rig, 6_000);
    const answers = await burst(rig, 500);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await rig.received(TOKENS)).toHaveLength(1);
  });

  it('with a burst of connections and an IAM that gives no token says to every one of them when to come back', async () => {
    rig = await startRig({ upstream: UPSTREAM });
    await delayTokens(rig, 60_000);
    const answers = await burst(rig, 500);
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(codeIn(body))}`))).toEqual(
      new Set(['503 upstream_token_unavailable']),
    );
    expect(answers.filter(({ head }) => !/^retry-after: [1-9]/im.test(head))).toEqual([]);
  });

  it('takes and sends a token of 32,768 characters', async () => {
    rig = await startRig();
    await rig.control('POST', '/settings', { tokenLength: 32_768 });
    const answer = await rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) });
    expect(answer.status).toBe(200);
    const [request] = await rig.received('/event/operate');
    expect(tokenOf(request!)).toHaveLength(32_768);
  });

  it('asks for nothing before it is asked for something', async () => {
    rig = await startRig();
    expect((await rig.call('GET', '/readyz')).status).toBe(200);
    expect((await rig.call('GET', '/v1/operations')).status).toBe(200);
    expect((await rig.control('GET', '/requests')).body).toMatchObject({ total: 0 });
  });

  it('sends IAM what it documents, and upstream nothing of the caller but its request id', async () => {
    rig = await startRig();
    const headers = {
      'X-Request-Id': 'request-1',
      Cookie: 'planted',
      'X-Forwarded-For': '203.0.113.9',
      'User-Agent': 'planted',
      traceparent: 'planted',
    };
    await rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) }, { headers });
    const [login] = await rig.received(TOKENS);
    const { domain, user, password } = rig.simulator.account;
    expect(login).toMatchObject({ method: 'POST', url: '/v3/auth/tokens?nocatalog=true' });
    expect(JSON.parse(login!.bodyText)).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: user, password, domain: { name: domain } } },
        },
        scope: { project: { id: rig.simulator.project.id } },
      },
    });
    const [request] = await rig.received('/event/operate');
    const names = request!.headers.map(([name]) => name.toLowerCase()).sort();
    expect(names).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
      'region',
      'x-auth-token',
      'x-request-id',
    ]);
    expect(Object.fromEntries(request!.headers)).toMatchObject({
      'X-Request-Id': 'request-1',
      region: 'cn-north-4',
    });
  });
});

describe('a thousand connections at once', () => {
  it('wait while the gateway has no time to take them, and are answered', async () => {
    const demo = await startDemoProcess();
    try {
      // More than the system lets wait are not to be had.
      const count = Math.min(1_000, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')));
      demo.kill('SIGSTOP');
      const clients = await Promise.all(Array.from({ length: count }, () => RawClient.to(demo.url)));
      await Promise.all(clients.map((client) => client.head('GET /livez')));
      demo.kill('SIGCONT');
      const answers = await Promise.all(clients.map((client) => client.answer()));
      expect(answers.map(({ status }) => status)).toEqual(clients.map(() => 200));
      for (const client of clients) client.destroy();
    } finally {
      demo.kill('SIGCONT');
      await demo.close();
    }
  });
});

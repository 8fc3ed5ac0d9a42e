import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ExpirationPageDto } from '../src/operations/expirations/expiration.dto.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startGateway } from '../src/start.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  projectOf,
  sha256,
  startRig,
  type Overrides,
  type Rig,
} from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually, problemOf, requestsUpstream } from './support/problems.js';

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const bot = { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] };
const later = () => new Date(Date.now() + 86_400_000).toISOString();

/** What hangs upstream is not waited for at the end of a test. */
const SHORT = { drainDelayMs: 0, drainMs: 100 };

let rig: Rig;
let alarms: NamedAlarm[];
async function start(perCaller: NonNullable<Overrides['limits']>['perCaller'] = {}, more: Overrides = {}) {
  const { limits, ...rest } = more;
  rig = await startRig({
    callers: [portal, bot],
    limits: { perCaller, ...limits },
    shutdown: SHORT,
    ...rest,
  });
  alarms = await addAlarms(rig, 12);
}
afterEach(() => rig.close());

const hang = () =>
  rig.control('POST', '/faults', [
    { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs: 60_000 } },
  ]);
const accept = (index: number, options: object = {}) =>
  rig.operate({ operation: 'ignore', alarms: alarms.slice(index, index + 1) }, { ...ASYNC, ...options });
const idOf = async (accepted: ReturnType<typeof accept>) => (await accepted).body.id as string;

interface Stream {
  readonly status: number;
  readonly request: ClientRequest;
  /** Resolves when the gateway has ended it, with all that was said. */
  readonly ended: Promise<string>;
}

/** Follows an operation, and stays. */
function follow(id: string, key = KEY): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${key}` };
    const request = get(`${rig.gateway.url}/v1/operations/${id}/events`, { headers }, (answer) => {
      let said = '';
      const ended = new Promise<string>((end) => {
        answer.on('data', (chunk: Buffer) => (said += chunk.toString()));
        answer.on('close', () => end(said));
        answer.on('error', () => undefined);
      });
      resolve({ status: answer.statusCode ?? 0, request, ended });
    });
    request.on('error', reject);
  });
}
const followers = () => metric(rig, 'hss_gateway_followers');

describe('those who follow', () => {
  beforeEach(() =>
    start(
      { followers: 2 },
      { limits: { followers: 3 }, background: { operationsAtOnce: 4, deadlineMs: 60_000, heartbeatMs: 100 } },
    ),
  );

  it('are so many of one caller, and so many in all; whoever leaves makes room', async () => {
    await hang();
    const [own, other] = [await idOf(accept(0)), await idOf(accept(1, { key: OTHER_KEY, ...ASYNC }))];
    const [first, second] = [await follow(own), await follow(own)];
    const refused = await rig.call('GET', `/v1/operations/${own}/events`);
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'follower_limit', retryable: true });
    expect(refused.headers.get('retry-after')).toBe('5');
    const third = await follow(other, OTHER_KEY);
    expect([first, second, third].map(({ status }) => status)).toEqual([200, 200, 200]);
    const inAll = await rig.call('GET', `/v1/operations/${other}/events`, undefined, { key: OTHER_KEY });
    expect(problemOf(inAll)).toMatchObject({ status: 429, code: 'follower_limit' });
    expect(await followers()).toBe(3);
    second.request.destroy();
    await eventually(followers, (count) => count === 2);
    const again = await follow(own);
    expect(again.status).toBe(200);
    for (const { request } of [first, third, again]) request.destroy();
    expect(await eventually(followers, (count) => count === 0)).toBe(0);
  });

  it('leave room at once, although nothing new is to be told', async () => {
    await rig.close();
    const background = { operationsAtOnce: 4, deadlineMs: 600_000, heartbeatMs: 600_000 };
    await start({ followers: 2 }, { background });
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs: 600_000 } },
    ]);
    const own = await idOf(accept(0));
    for (let count = 0; count < 3; count += 1) {
      const streams = [await follow(own), await follow(own)];
      expect(streams.map(({ status }) => status)).toEqual([200, 200]);
      streams[0]?.request.destroy();
      expect(await eventually(followers, (all) => all === 1)).toBe(1);
      const again = await follow(own);
      expect(again.status).toBe(200);
      for (const { request } of [...streams, again]) request.destroy();
      expect(await eventually(followers, (all) => all === 0)).toBe(0);
    }
  });

  it('are none where only the headers are asked for', async () => {
    await hang();
    const id = await idOf(accept(0));
    for (let count = 0; count < 3; count += 1) {
      const answer = await rig.call('HEAD', `/v1/operations/${id}/events`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      expect(await eventually(followers, (all) => all === 0)).toBe(0);
    }
  });

  it('are none when what they followed has ended, or was never there', async () => {
    const id = await idOf(accept(0));
    for (let count = 0; count < 5; count += 1) expect(await (await follow(id)).ended).toContain('event: end');
    expect((await follow(id.replace(/.$/, '0').replace(/^./, '1'))).status).toBe(404);
    expect(await eventually(followers, (count) => count === 0)).toBe(0);
  });
});

describe('a follower whose key is withdrawn', () => {
  it.each<[string, object[]]>([
    ['with its caller', [bot]],
    ['from its caller', [{ ...portal, keys: [{ sha256: sha256('another') }] }, bot]],
    ['with the right to read', [{ ...portal, grants: [{ ...portal.grants[0], rights: ['act'] }] }, bot]],
    ['for its address', [{ ...portal, from: ['10.0.0.0/8'] }, bot]],
  ])('%s is let go, and others are not', async (_, callers) => {
    const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, JSON.stringify({ callers: [portal, bot] }));
    await start({}, { file, background: { operationsAtOnce: 4, deadlineMs: 60_000, heartbeatMs: 100 } });
    await hang();
    const gone = await follow(await idOf(accept(0)));
    const stays = await follow(await idOf(accept(1, { key: OTHER_KEY, ...ASYNC })), OTHER_KEY);
    writeFileSync(file, JSON.stringify({ callers }));
    expect(await gone.ended).not.toContain('event: end');
    expect(await followers()).toBe(1);
    stays.request.destroy();
    rmSync(folder, { recursive: true });
  });
});

describe('plans', () => {
  const START = 1_700_000_000_000;
  const THEN = { from: new Date(START).toISOString(), to: new Date(START + 60_000).toISOString() };
  const plan = (body: object = {}, key = KEY) =>
    rig.call('POST', '/v1/plans', { operation: 'ignore', selector: THEN, ...body }, { key });

  it('that can be applied are so many of one caller; one that was applied makes room, also after a restart', async () => {
    await start({ livePlans: 2 });
    const made = [await plan(), await plan()];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const before = await requestsUpstream(rig);
    const refused = await plan();
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'plan_limit', retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    // Nothing was looked up for it.
    expect(await requestsUpstream(rig)).toBe(before);
    expect((await plan({}, OTHER_KEY)).status).toBe(201);
    const { id, digest } = made[0]?.body as PlanDto;
    expect((await rig.call('POST', `/v1/plans/${id}/apply`, { digest })).status).toBe(200);
    expect((await plan()).status).toBe(201);
    await rig.gateway.close();
    const next = await startGateway(rig.config);
    try {
      const answer = await fetch(`${next.url}/v1/plans`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ operation: 'ignore', selector: THEN }),
      });
      expect(answer.status).toBe(429);
      expect(
        (await fetch(`${next.url}/v1/plans/${id}`, { headers: { Authorization: `Bearer ${KEY}` } })).status,
      ).toBe(200);
    } finally {
      await next.close();
    }
  });

  it('that are asked for at once are no more than that', async () => {
    await start({ livePlans: 3 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => plan()));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeLessThanOrEqual(3);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 429]));
  });

  it('name so many alarms together', async () => {
    await start({ livePlanAlarms: 20 });
    expect((await plan()).status).toBe(201);
    expect(problemOf(await plan())).toMatchObject({ status: 429, code: 'plan_alarm_limit' });
    expect((await plan({ limit: 8 })).status).toBe(201);
    expect((await plan({ limit: 1 })).status).toBe(429);
  });

  it.each([0, 7, 11])('alone never name more than %d, whatever is there', async (livePlanAlarms) => {
    await start({ livePlanAlarms });
    const refused = await plan();
    const problem = problemOf(refused);
    expect(problem).toMatchObject({ status: 403, code: 'over_limit', retryable: false });
    expect(problem.detail).toContain(`${livePlanAlarms} alarms, and this plan alone would name 12.`);
    expect(refused.headers.get('retry-after')).toBeNull();
    if (livePlanAlarms > 0) expect((await plan({ limit: livePlanAlarms })).status).toBe(201);
  });

  it('that have expired make room', async () => {
    await start({ livePlans: 1 }, { planMs: 1 });
    expect((await plan()).status).toBe(201);
    await eventually(
      () => plan(),
      ({ status }) => status === 201,
    );
  });
});

describe('operations of the background', () => {
  it('are so many of one caller, and others go on', async () => {
    await start({ backgroundOperations: 2 });
    await hang();
    expect([(await accept(0)).status, (await accept(1)).status]).toEqual([202, 202]);
    const refused = await accept(2);
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'background_limit' });
    expect(problemOf(refused).detail).toContain('2 operations');
    const some = { operation: 'ignore', alarms: alarms.slice(2, 3) };
    const dry = await rig.call('POST', '/v1/operations?dryRun=true', some, ASYNC);
    expect(problemOf(dry).code).toBe('background_limit');
    expect((await accept(3, { key: OTHER_KEY, ...ASYNC })).status).toBe(202);
  });

  it('that undo another one are accepted however many there are', async () => {
    await start({ backgroundOperations: 1 });
    const done = await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 1) });
    await hang();
    expect((await accept(1)).status).toBe(202);
    expect(problemOf(await accept(2)).code).toBe('background_limit');
    const undo = `/v1/operations/${(done.body as { id: string }).id}/undo`;
    expect((await rig.call('POST', `${undo}?dryRun=true`, undefined, ASYNC)).status).toBe(200);
    expect((await rig.call('POST', undo, undefined, ASYNC)).status).toBe(202);
  });

  it('that are refused use nothing up', async () => {
    await start({ backgroundOperations: 1, alarmsPerMinute: 5 });
    await hang();
    expect((await accept(0)).status).toBe(202);
    const some = { operation: 'ignore', alarms: alarms.slice(1, 4) };
    for (let times = 0; times < 3; times += 1) {
      expect(problemOf(await rig.operate(some, ASYNC)).code).toBe('background_limit');
    }
    await rig.control('DELETE', '/faults');
    expect((await rig.operate(some)).status).toBe(200);
  });
});

describe('an operation of the background of whose project nobody says any more which one it is', () => {
  it('can be cancelled', async () => {
    await start(
      {},
      {
        background: { operationsAtOnce: 1, deadlineMs: 600_000, heartbeatMs: 100 },
        projects: (cloud) => {
          const { projectId: _, ...project } = projectOf(cloud);
          // Tokens of a project that is named tell its id.
          return [{ ...project, name: 'test' }];
        },
      },
    );
    await hang();
    await idOf(accept(0));
    const id = await idOf(accept(1));
    await rig.gateway.close();
    const fault = { kind: 'status', status: 503 };
    await rig.control('POST', '/faults', [{ match: { path: '/v3/auth/tokens' }, times: 'always', fault }]);
    const again = await startGateway(rig.config);
    try {
      const ask = (method: string, path = '') =>
        fetchJson(method, `${again.url}/v1/operations/${id}${path}`, undefined, { key: KEY });
      expect((await ask('POST', '/cancel')).status).toBe(202);
      const receipt = await eventually(
        async () => (await ask('GET')).body as ReceiptDto,
        ({ status }) => status !== 'pending',
      );
      expect(receipt.alarms).toMatchObject([{ outcome: 'not_attempted', reason: 'cancelled' }]);
    } finally {
      await again.close();
    }
  });
});

describe('operations for a time', () => {
  const until = (index: number, more: object = {}, path = '/v1/operations') =>
    rig.call('POST', path, {
      operation: 'ignore',
      alarms: alarms.slice(index, index + 1),
      expiresAt: later(),
      ...more,
    });

  it('that are still to be taken back are so many; taking one back makes room', async () => {
    await start({ expirations: 2 });
    const first = await until(0);
    expect([first.status, (await until(1)).status]).toEqual([200, 200]);
    const before = await requestsUpstream(rig);
    const refused = await until(2);
    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'expiration_limit', retryable: false });
    expect(problemOf(await until(2, {}, '/v1/operations?dryRun=true')).code).toBe('expiration_limit');
    expect(await requestsUpstream(rig)).toBe(before);
    expect((await until(2, { expiresAt: undefined })).status).toBe(200);
    expect((await rig.call('POST', `/v1/operations/${first.body.id}/undo`)).status).toBe(200);
    expect((await until(3)).status).toBe(200);
    expect((await until(4)).status).toBe(409);
  });

  it('that are still under way are counted once', async () => {
    await start({ expirations: 2 });
    await hang();
    void until(0).catch(() => undefined);
    await eventually(
      () => rig.received(OPERATE),
      (requests) => requests.length === 1,
    );
    await rig.control('DELETE', '/faults');
    expect((await until(1)).status).toBe(200);
    expect((await until(2)).status).toBe(409);
  });

  it('are taken back though their caller may have nothing in the background', async () => {
    await start({ backgroundOperations: 0 });
    const { body } = await until(0, { expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const item = await eventually(
      async () => ((await rig.call('GET', '/v1/expirations')).body as ExpirationPageDto).items[0]!,
      ({ status }) => status !== 'scheduled',
    );
    expect(item).toMatchObject({ operationId: body.id, status: 'taken_back' });
  });

  it('that are asked for at once are no more than that', async () => {
    await start({ expirations: 3 });
    const answers = await Promise.all(alarms.slice(0, 10).map((_, index) => until(index)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(3);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });
});

describe('what a caller may have none of', () => {
  it('is never to be tried again', async () => {
    await start({ livePlans: 0, followers: 0, backgroundOperations: 0 });
    const own = (await accept(0, { headers: {} })).body.id as string;
    const answers = [
      await accept(1),
      await rig.call('GET', `/v1/operations/${own}/events`),
      await rig.call('POST', '/v1/plans', { operation: 'ignore', selector: { last: '1d' } }),
    ];
    for (const answer of answers) {
      expect(problemOf(answer)).toMatchObject({ status: 403, code: 'over_limit', retryable: false });
      expect(answer.headers.get('retry-after')).toBeNull();
    }
  });
});

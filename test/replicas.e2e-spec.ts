import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { ReceiptPageDto } from '../src/operations/receipts/receipt.dto.js';
import type { CallerLimits } from '../src/domain/caller.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, touched } from './support/bulk-alarms.js';
import { keyPairOf, MASTER_KEY, sdkDateOf, signedHeaders } from './support/drop-in.js';
import { fetchJson, portal, type JsonAnswer, type Overrides, type Rig } from './support/gateway.js';
import { DATABASE_PASSWORD, startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { startReplica, type Replica } from './support/replicas.js';
import { newFolder, removeFolder, standGateway } from './support/standing-gateway.js';

// A database server and several gateways start, on a machine that may be busy.
const OPERATE = 'event/operate';
/** As short as a busy machine does not mistake a pause for the end. */
const GONE_AFTER_MS = 4_000;
const QUICK = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 5_000,
  maxAttempts: 1,
  connections: 64,
  settleQuietMs: 500,
  settleGiveUpMs: 30_000,
};

let postgres: PostgresServer;
let cloud: Simulator;
let client: SimulatorClient;
let url: string;
let replicas: Replica[];
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
  cloud = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(cloud);
});
afterAll(async () => {
  await cloud.close();
  await postgres.close();
});
beforeEach(async () => {
  databases += 1;
  url = await postgres.createDatabase(`gateway_${databases}`);
  replicas = [];
  await client.control('POST', 'reset');
});
afterEach(async () => {
  await Promise.all(replicas.map(({ gateway }) => gateway.close()));
});

const control: Rig['control'] = (method, path, body) =>
  fetchJson(method, `${cloud.url}/__control${path}`, body, {});
const alarmsOf = (count: number) => addAlarms({ control }, count);
const acts = async () => (await client.requests(OPERATE)).length;

/** So many gateways over the test's database. */
async function start(count: number, overrides: Overrides = {}): Promise<Replica[]> {
  const settings = { upstream: QUICK, ...overrides };
  const more = await Promise.all(
    Array.from({ length: count }, () => startReplica(cloud, url, GONE_AFTER_MS, settings)),
  );
  replicas.push(...more);
  return more;
}

/** A process over the test's database, whose requests may take no longer than it may be silent. */
const shared = () => ({
  GATEWAY_DATABASE_URL: url,
  GATEWAY_REPLICA_GONE_MS: String(GONE_AFTER_MS),
  GATEWAY_DEADLINE_MS: String(GONE_AFTER_MS),
});

const limited = (limits: CallerLimits): Overrides => ({ callers: [{ ...portal, limits }] });
const isolate = (host: string) => ({
  operation: 'isolate_and_kill',
  alarms: [
    {
      eventId: `event-of-${host}`,
      eventClassId: 'rootkit_0001',
      eventType: 1010,
      occurTime: 1672046760353,
      details: [{ agentId: host, processPid: 3123, fileHash: 'ab'.repeat(32), filePath: '/usr/test' }],
    },
  ],
});
/** What an alarm would come to upstream is no matter. */
const takeAnything = () =>
  client.addFaults({
    match: { path: OPERATE },
    fault: { kind: 'status', status: 200, body: '' },
    times: 'always',
  });

describe('two gateways on one database', () => {
  it('show the receipts of both, from either', async () => {
    const [one, another] = await start(2);
    const [first, second] = await alarmsOf(2);
    const a = (await one!.operate({ operation: 'ignore', alarms: [first] })).body as ReceiptDto;
    const b = (await another!.operate({ operation: 'mark_as_handled', alarms: [second] })).body as ReceiptDto;
    for (const replica of [one!, another!]) {
      expect((await replica.call('GET', `/v1/operations/${a.id}`)).body).toEqual(a);
      const { items } = (await replica.call('GET', '/v1/operations')).body as ReceiptPageDto;
      expect(items.map(({ id }) => id)).toEqual([b.id, a.id]);
      const found = await replica.call('GET', `/v1/operations?alarm=${second!.eventId}`);
      expect(found.body).toMatchObject({ items: [{ id: b.id }] });
    }
  });

  it('act once on 200 requests under one key, whichever of them each request meets', async () => {
    const [one, another] = await start(2);
    const alarms = await alarmsOf(1);
    const options = { headers: { 'Idempotency-Key': 'k-1' } };
    const send = (index: number) =>
      [one!, another!][index % 2]!.operate({ operation: 'ignore', alarms }, options);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => send(index)));
    expect(await acts()).toBe(1);
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(200 - done.length);
    expect(done.filter(({ headers }) => headers.get('Idempotency-Replayed') === null)).toHaveLength(1);
    const replays = await Promise.all([send(0), send(1)]);
    for (const { status, headers, body } of replays) {
      expect([status, headers.get('Idempotency-Replayed'), body]).toEqual([200, 'true', done[0]?.body]);
    }
    expect(await acts()).toBe(1);
  });

  it('act once on a signed request that comes again, whichever of them it meets', async () => {
    const signer = { ...portal, signingKeys: [{ id: 'sdk' }] };
    const two = await start(2, { callers: [signer], signing: { masterKey: MASTER_KEY } });
    const [{ eventId, eventClassId, eventType, occurTime } = {}] = await alarmsOf(1);
    const event = {
      event_id: eventId,
      event_class_id: eventClassId,
      event_type: eventType,
      occur_time: occurTime,
    };
    const raw = JSON.stringify({
      operate_type: 'mark_as_handled',
      operate_event_list: [{ ...event, operate_detail_list: [] }],
    });
    const path = `/v5/${cloud.project.id}/event/operate`;
    const date = sdkDateOf(Date.now());
    // Without the host, to which two gateways differ.
    const signing = { pair: keyPairOf('portal'), date, signedHeaders: ['x-sdk-date'] };
    const headers = signedHeaders(`http://gateway${path}`, raw, signing);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        two[index % 2]!.call('POST', path, undefined, { key: null, raw, headers }),
      ),
    );
    expect(await acts()).toBe(1);
    for (const { status } of answers) expect([200, 429]).toContain(status);
    for (const { call } of two) {
      const again = await call('POST', path, undefined, { key: null, raw, headers });
      expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
    }
    expect(await acts()).toBe(1);
  });

  it('reach no more hosts together than one caller may, and hold it everywhere', async () => {
    const [one, another] = await start(2, limited({ maxHostsPerHour: 5 }));
    await takeAnything();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        [one!, another!][index % 2]!.operate(isolate(`host-${index}`)),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(await acts()).toBe(5);
    for (const replica of [one!, another!]) {
      expect(problemOf(await replica.operate(isolate('host-0'))).code).toBe('brake_engaged');
    }
  });

  it('count what either lets through against the quotas of a minute', async () => {
    const [one, another] = await start(2, limited({ alarmsPerMinute: 50, requestsPerMinute: 10_000 }));
    const alarms = await alarmsOf(50);
    const left = async (replica: Replica) =>
      /"alarms";r=(\d+)/.exec((await replica.call('GET', '/v1/me')).headers.get('RateLimit') ?? '')?.[1];
    const ignore = (replica: Replica, from: number, to: number) =>
      replica.operate({ operation: 'ignore', alarms: alarms.slice(from, to) });
    expect((await ignore(one!, 0, 20)).status).toBe(200);
    expect((await ignore(another!, 20, 40)).status).toBe(200);
    for (const replica of [one!, another!]) {
      expect(
        await eventually(
          () => left(replica),
          (rest) => rest === '10',
        ),
      ).toBe('10');
    }
    expect((await ignore(another!, 40, 50)).status).toBe(200);
    expect(
      await eventually(
        () => left(one!),
        (rest) => rest === '0',
      ),
    ).toBe('0');
    expect(problemOf(await ignore(one!, 0, 1))).toMatchObject({ status: 429, code: 'alarm_limit' });
  });

  it('keep the daily cap together', async () => {
    const [one, another] = await start(2, limited({ destructivePerDay: 4 }));
    await takeAnything();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        [one!, another!][index % 2]!.operate(isolate(`host-${index}`)),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(16);
    expect(await acts()).toBe(4);
  });
});

describe('a gateway that is killed', () => {
  it('leaves its operations to another, which finds out what came of them, and touches none of the living', async () => {
    const folder = newFolder();
    const [watcher] = await start(1);
    const alarms = await alarmsOf(2);
    const doomed = await standGateway({
      simulator: cloud,
      folder,
      env: shared(),
    });
    try {
      // The cloud does it, and answers neither of them.
      await client.addFaults({
        match: { path: OPERATE },
        times: 2,
        fault: { kind: 'hang', effect: 'applied' },
      });
      const request = (index: number) => ({ operation: 'isolate_and_kill', alarms: [alarms[index]] });
      const lost = doomed.operate(request(0)).catch(() => 'no answer');
      await eventually(acts, (count) => count === 1);
      // Longer under way than it takes to be taken for gone, for whoever gave no sign of life.
      const [living] = await start(1);
      const answer = living!.operate(request(1));
      await eventually(acts, (count) => count === 2);
      doomed.signal('SIGKILL');
      expect([await doomed.exited, await lost]).toEqual(['SIGKILL', 'no answer']);
      const receipts = async () =>
        ((await watcher!.call('GET', '/v1/operations?view=full')).body as { items: ReceiptDto[] }).items;
      const settled = await eventually(
        receipts,
        (items) => items.length === 2 && items.every(({ settlement }) => settlement?.settled === true),
      );
      const [ofLiving, ofDoomed] = settled;
      expect(ofDoomed).toMatchObject({
        status: 'applied',
        interrupted: true,
        alarms: [{ eventId: alarms[0]?.eventId, outcome: 'applied', verified: true }],
      });
      expect(ofLiving).toMatchObject({ status: 'applied', alarms: [{ eventId: alarms[1]?.eventId }] });
      expect(ofLiving).not.toHaveProperty('interrupted');
      expect(problemOf(await answer)).toMatchObject({
        code: 'upstream_unanswered',
        operationId: ofLiving?.id,
      });
      expect(await acts()).toBe(2);
      const effects = (await touched({ control })).map(({ effects }) => effects.length);
      expect(effects).toEqual([1, 1]);
      expect(doomed.output()).not.toContain(DATABASE_PASSWORD);
    } finally {
      doomed.signal('SIGKILL');
      await doomed.exited;
      removeFolder(folder);
    }
  });

  it('leaves an operation of the background to another, which goes on where it was: every alarm is acted on once', async () => {
    const folder = newFolder();
    const [watcher] = await start(1, { upstream: { ...QUICK, verify: 'never' } });
    const alarms = await alarmsOf(800);
    await client.addFaults({
      match: { path: OPERATE },
      times: 'always',
      fault: { kind: 'delay', delayMs: 100 },
    });
    const doomed = await standGateway({
      simulator: cloud,
      folder,
      upstream: { verify: 'never' },
      env: shared(),
    });
    try {
      const request = { operation: 'isolate_and_kill', alarms };
      const accepted = await doomed.operate(request, { headers: { Prefer: 'respond-async' } });
      expect(accepted.status).toBe(202);
      const { id } = accepted.body as ReceiptDto;
      await eventually(acts, (count) => count >= 3);
      doomed.signal('SIGKILL');
      await doomed.exited;
      const receipt = await eventually(
        async () => (await watcher!.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
        ({ status }) => status !== 'pending',
      );
      expect(receipt.status).toBe('applied');
      const effects = (await touched({ control })).map(({ effects }) => effects.length);
      expect([effects.length, new Set(effects)]).toEqual([800, new Set([1])]);
    } finally {
      doomed.signal('SIGKILL');
      await doomed.exited;
      removeFolder(folder);
    }
  });

  it('says at its start why it cannot reach its database, and not by which password', async () => {
    const folder = newFolder();
    const wrong = url.replace(DATABASE_PASSWORD, 'planted-and-wrong');
    const started = standGateway({ simulator: cloud, folder, env: { GATEWAY_DATABASE_URL: wrong } });
    const problem = await started.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    removeFolder(folder);
    expect(problem).toMatch(
      /the PostgreSQL database at 127\.0\.0\.1:\d+ cannot be opened: password authentication failed/,
    );
    expect(problem).not.toContain('planted-and-wrong');
  });
});

describe('a database that goes away', () => {
  it('takes every gateway out of service, and none does anything unrecorded; it comes back by itself', async () => {
    const both = await start(2);
    const alarms = await alarmsOf(3);
    const [one] = both;
    const ready = async () =>
      (await Promise.all(both.map(({ call }) => call('GET', '/readyz')))).map(({ status }) => status);
    await client.addFaults({ match: { path: OPERATE }, fault: { kind: 'delay', delayMs: 1_500 } });
    const underWay = one!.operate({ operation: 'ignore', alarms: [alarms[0]] });
    await eventually(acts, (count) => count === 1);
    await postgres.crash();
    const answers: JsonAnswer[] = [];
    try {
      const plain = await one!.operate({ operation: 'ignore', alarms: [alarms[1]] });
      expect(problemOf(plain)).toMatchObject({ status: 503, code: 'audit_unavailable', retryable: true });
      const keyed = { headers: { 'Idempotency-Key': 'k-2' } };
      const looked = await both[1]!.operate({ operation: 'ignore', alarms: [alarms[2]] }, keyed);
      expect(problemOf(looked)).toMatchObject({ status: 503, code: 'audit_unreadable', retryable: true });
      expect(problemOf(await one!.call('GET', '/v1/operations'))).toMatchObject({ code: 'audit_unreadable' });
      answers.push(plain, looked, await underWay);
      // What was under way is told truthfully, and that it is not on record.
      expect(answers[2]).toMatchObject({ status: 200, body: { status: 'applied', recorded: false } });
      expect(await eventually(ready, (statuses) => statuses.every((status) => status === 503))).toEqual([
        503, 503,
      ]);
      expect((await one!.call('GET', '/livez')).status).toBe(200);
    } finally {
      await postgres.startAgain();
    }
    expect(await eventually(ready, (statuses) => statuses.every((status) => status === 200))).toEqual([
      200, 200,
    ]);
    expect(await acts()).toBe(1);
    const { id } = answers[2]!.body as ReceiptDto;
    const receipt = await eventually(
      async () => (await both[1]!.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
      ({ status }) => status !== 'pending',
    );
    expect(receipt).toMatchObject({ status: 'applied' });
    expect(receipt).not.toHaveProperty('interrupted');
    for (const { text } of answers) expect(text).not.toContain(DATABASE_PASSWORD);
  });
});

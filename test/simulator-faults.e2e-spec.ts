import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { SimulatorClient, type Exchange, type NewFaultRule } from '../src/simulator/client.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { eventually } from './support/problems.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';

let simulator: Simulator;
let client: SimulatorClient;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(simulator);
  token = await client.token();
});
afterAll(() => simulator.close());
beforeEach(() => client.control('POST', 'reset'));

const { query, body } = CONTRACT_PAYLOADS[0]!;
const path = () => `/v5/${simulator.project.id}/event/operate?${query}`;

const operate = (timeoutMs = 10_000): Promise<Exchange> =>
  client.send('POST', path(), { headers: { 'X-Auth-Token': token }, body, timeoutMs });

const failure = (attempt: Promise<unknown>): Promise<NodeJS.ErrnoException> =>
  attempt.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as NodeJS.ErrnoException,
  );

/** How often the alarm of the payload was operated on. */
async function effects(): Promise<number> {
  const shown = (await client.control('GET', 'state?touched=true')) as { alarms: { effects: unknown[] }[] };
  return shown.alarms.flatMap((alarm) => alarm.effects).length;
}

const fault = (what: Fault, more: Omit<NewFaultRule, 'fault'> = {}) =>
  client.addFaults({ match: { path: 'event/operate' }, ...more, fault: what });

describe('another answer than the true one', () => {
  test.each<[string, Fault, number, object]>([
    [
      'an HSS code',
      { kind: 'status', status: 400, errorCode: 'HSS.1007' },
      400,
      { error_code: 'HSS.1007', error_description: expect.any(String), error_msg: expect.any(String) },
    ],
    [
      'the short HSS form',
      { kind: 'status', status: 400, errorCode: '00000010', errorMsg: '拒绝访问' },
      400,
      { error_code: '00000010', error_description: '拒绝访问' },
    ],
    [
      'a gateway code',
      { kind: 'status', status: 504, errorCode: 'APIG.0201' },
      504,
      {
        error_code: 'APIG.0201',
        error_msg: expect.any(String),
        request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ],
    [
      'an IAM code',
      { kind: 'status', status: 429, errorCode: 'IAM.0012' },
      429,
      { error_code: 'IAM.0012', error_msg: expect.any(String) },
    ],
    [
      'success that is none',
      { kind: 'error_in_200', errorCode: 'HSS.0013' },
      200,
      { error_code: 'HSS.0013', error_description: expect.any(String), error_msg: expect.any(String) },
    ],
  ])('%s', async (_, what, status, expected) => {
    await fault(what);
    const answer = await operate();
    expect([answer.status, JSON.parse(answer.bodyText)]).toEqual([status, expected]);
    expect(await effects()).toBe(0);
    expect((await operate()).status).toBe(200);
  });

  test('any status, type, body and headers; done all the same where that is asked for', async () => {
    await fault({
      kind: 'status',
      status: 503,
      body: 'busy',
      contentType: 'text/plain',
      headers: { 'Retry-After': '7' },
      effect: 'applied',
    });
    const answer = await operate();
    expect(answer).toMatchObject({ status: 503, bodyText: 'busy' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'retry-after': '7' });
    expect(await effects()).toBe(1);
  });

  test('429 without and with Retry-After', async () => {
    await fault({ kind: 'throttle' });
    await fault({ kind: 'throttle', retryAfter: '3' });
    const [plain, timed] = [await operate(), await operate()];
    expect([plain.status, plain.headers['retry-after'], timed.headers['retry-after']]).toEqual([
      429,
      undefined,
      '3',
    ]);
    expect(JSON.parse(plain.bodyText)).toMatchObject({ error_code: 'APIGW.0308' });
    expect(await effects()).toBe(0);
  });

  test('an HTML page of a middle box', async () => {
    await fault({ kind: 'html' });
    const answer = await operate();
    expect([answer.status, answer.headers['content-type']]).toEqual([502, 'text/html']);
    expect(answer.bodyText).toContain('<h1>502 Bad Gateway</h1>');
  });

  test('headers beyond the usual limit of 16 KiB', async () => {
    await fault({ kind: 'large_headers' }, { times: 2 });
    const limited = new Promise((resolve, reject) => {
      const headers = { 'X-Auth-Token': token, 'Content-Type': 'application/json' };
      httpRequest(simulator.url + path(), { method: 'POST', headers, agent: false }, resolve)
        .on('error', reject)
        .end(body);
    });
    expect((await failure(limited)).code).toBe('HPE_HEADER_OVERFLOW');
    expect((await operate()).status).toBe(200);
    expect(await effects()).toBe(2);
  });
});

describe('what happens to the connection', () => {
  test.each<[string, number, Fault]>([
    ['before the body is read', 0, { kind: 'reset', when: 'before_body' }],
    ['after the body and before the effect', 0, { kind: 'reset', when: 'before_effect' }],
    ['after the effect and before the answer', 1, { kind: 'reset', when: 'after_effect' }],
  ])('reset %s', async (_, done, what) => {
    await fault(what);
    expect((await failure(operate())).code).toBe('ECONNRESET');
    expect(await effects()).toBe(done);
    const [seen] = await client.requests('event/operate');
    expect(seen?.bodyText).toBe(what.kind === 'reset' && what.when === 'before_body' ? '' : body);
    expect(seen).not.toHaveProperty('status');
  });

  test('a reset is a reset, not an end', async () => {
    await client.addFaults({ fault: { kind: 'reset', when: 'before_body' } });
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    socket.on('end', () => socket.destroy(new Error('it ended')));
    socket.write('GET /v3/projects HTTP/1.1\r\nHost: one\r\n\r\n');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  test('an answer that is cut off', async () => {
    await fault({ kind: 'truncate' });
    expect((await failure(operate())).message).toMatch(/aborted/);
    expect(await effects()).toBe(1);
  });

  test('an answer in slices', async () => {
    await fault({ kind: 'slow', sliceBytes: 40, everyMs: 20 });
    const before = Date.now();
    expect((await operate()).status).toBe(200);
    expect(Date.now() - before).toBeGreaterThan(20);
  });

  test('a late answer, done in time', async () => {
    await fault({ kind: 'delay', delayMs: 1000 });
    const before = Date.now();
    let answered = false;
    const answer = operate().finally(() => (answered = true));
    while ((await effects()) === 0);
    expect(answered).toBe(false);
    expect((await answer).status).toBe(200);
    expect(Date.now() - before).toBeGreaterThanOrEqual(999);
  });

  test('no answer at all, done or not', async () => {
    await fault({ kind: 'hang' });
    await fault({ kind: 'hang', effect: 'applied' });
    expect((await failure(operate(300))).message).toBe('no answer in time');
    expect(await effects()).toBe(0);
    expect((await failure(operate(300))).message).toBe('no answer in time');
    expect(await effects()).toBe(1);
  });

  test('a body that ends with a connection that ends late', async () => {
    await fault({ kind: 'slow_close', closeAfterMs: 120 });
    const before = Date.now();
    const answer = await operate();
    expect(answer).toMatchObject({ status: 200, bodyText: '' });
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(Date.now() - before).toBeGreaterThanOrEqual(119);
  });

  test('a body without end', async () => {
    await fault({ kind: 'endless' });
    const received = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(simulator.url + path(), {
        method: 'POST',
        agent: false,
        headers: { 'X-Auth-Token': token },
      });
      request.on('error', reject).on('response', (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > 500_000) resolve(bytes);
        });
        response.on('error', () => undefined);
      });
      request.end(body);
      setTimeout(() => reject(new Error('too little')), 300_000).unref();
    });
    expect(received).toBeGreaterThan(500_000);
    expect(await effects()).toBe(1);
  });

  test('closing the simulator ends what still hangs', async () => {
    const other = await startSimulator({ alarms: 0 });
    const otherClient = new SimulatorClient(other);
    await otherClient.addFaults({ fault: { kind: 'hang' } });
    const hanging = failure(otherClient.requestToken());
    while ((await otherClient.requests()).length === 0);
    await other.close();
    expect((await hanging).code).toBe('ECONNRESET');
  });
});

describe('an effect that an answer does not show', () => {
  test('comes later than the answer', async () => {
    await fault({ kind: 'reset', when: 'after_effect', effectAfterMs: 150 });
    expect((await failure(operate())).code).toBe('ECONNRESET');
    expect(await effects()).toBe(0);
    expect(await eventually(effects, (count) => count > 0)).toBe(1);
  });

  test('is that of the first alarm only', async () => {
    const kind = { eventClassId: 'malware_1001', eventType: 1001, enterpriseProjects: ['0'] };
    const { eventIds } = (await client.control('POST', 'alarms', {
      ...kind,
      count: 2,
      startTime: 1_786_880_000_000,
      stepMs: 1,
      name: 'partial',
    })) as { eventIds: string[] };
    await fault({ kind: 'status', status: 400, errorCode: 'HSS.0011', effect: 'first' });
    const list = eventIds.map((event_id, index) => ({
      event_id,
      event_class_id: 'malware_1001',
      event_type: 1001,
      occur_time: 1_786_880_000_000 + index,
      operate_detail_list: [],
    }));
    const answer = await client.send('POST', path(), {
      headers: { 'X-Auth-Token': token },
      body: { operate_type: 'ignore', operate_event_list: list },
    });
    expect(answer.status).toBe(400);
    const shown = (await client.control('GET', 'state?touched=true')) as { alarms: { eventId: string }[] };
    expect(shown.alarms.map(({ eventId }) => eventId)).toEqual([eventIds[0]]);
  });

  test('shows in the listing after a while, where the listing lags', async () => {
    const lagging = await startSimulator({ alarms: 0, listingLagMs: 150 });
    try {
      const other = new SimulatorClient(lagging);
      const headers = { 'X-Auth-Token': await other.token() };
      expect((await other.send('POST', path(), { headers, body })).status).toBe(200);
      const handled = async () => {
        const list = `/v5/${lagging.project.id}/event/events?category=host&handle_status=handled`;
        const { bodyText } = await other.send('GET', list, { headers });
        return (JSON.parse(bodyText) as { total_num: number }).total_num;
      };
      const first = await handled();
      expect(await eventually(handled, (count) => count > first)).toBe(first + 1);
    } finally {
      await lagging.close();
    }
  });
});

describe('which requests a fault is for', () => {
  const ignore = () => {
    const { query: where, body: what } = CONTRACT_PAYLOADS[2]!;
    const url = `/v5/${simulator.project.id}/event/operate?${where}`;
    return client.send('POST', url, { headers: { 'X-Auth-Token': token }, body: what });
  };

  test('by operate type, skipping some, so many times', async () => {
    const rule = { match: { operateType: 'ignore' }, skip: 1, times: 2 };
    await client.addFaults({ ...rule, fault: { kind: 'html' } });
    const statuses = [await ignore(), await operate(), await ignore(), await ignore(), await ignore()];
    expect(statuses.map((answer) => answer.status)).toEqual([200, 200, 502, 502, 200]);
    expect(await client.control('GET', 'faults')).toMatchObject({ faults: [{ hits: 2, times: 0, skip: 0 }] });
  });

  test('always, until they are taken back; by method', async () => {
    await client.addFaults({
      match: { method: 'POST', path: '/v5/' },
      times: 'always',
      fault: { kind: 'html' },
    });
    expect([(await operate()).status, (await operate()).status, (await operate()).status]).toEqual([
      502, 502, 502,
    ]);
    expect((await client.requestToken()).status).toBe(201);
    const list = `/v5/${simulator.project.id}/event/events?category=host`;
    expect((await client.send('GET', list, { headers: { 'X-Auth-Token': token } })).status).toBe(200);
    await client.control('DELETE', 'faults');
    expect((await operate()).status).toBe(200);
  });

  test('IAM can be spoilt as well', async () => {
    await client.addFaults({
      match: { path: '/v3/auth/tokens' },
      fault: { kind: 'status', status: 500, errorCode: 'IAM.0006' },
    });
    expect((await client.requestToken()).status).toBe(500);
    expect((await client.requestToken()).status).toBe(201);
  });

  test.each<[string, unknown]>([
    ['an unknown kind', { kind: 'explode' }],
    ['a misspelt member', { kind: 'hang', effects: 'applied' }],
    ['a missing member', { kind: 'delay' }],
  ])('refused: %s', async (_, what) => {
    await expect(client.control('POST', 'faults', [{ fault: what }])).rejects.toThrow('problems');
    expect(await client.control('GET', 'faults')).toEqual({ faults: [] });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { addAlarms } from './support/bulk-alarms.js';
import { KEY, startRig, type Overrides, type Rig } from './support/gateway.js';
import { eventually, problemOf, recordsOf } from './support/problems.js';
import { RawClient } from './support/raw-client.js';

const OPERATE = '/event/operate';
const UPSTREAM = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 5_000,
  maxAttempts: 3,
  connections: 2,
  settleQuietMs: 60_000,
  settleGiveUpMs: 60_000,
};

let rig: Rig;
afterEach(() => rig.close());

async function start(upstream: Partial<typeof UPSTREAM> = {}, more: Overrides = {}): Promise<Rig> {
  // What hangs is cut off at the end.
  const shutdown = { drainDelayMs: 0, drainMs: 0 };
  rig = await startRig({ upstream: { ...UPSTREAM, ...upstream }, shutdown, ...more });
  return rig;
}

const spoil = (fault: Fault, operateType: string) =>
  rig.control('POST', '/faults', [{ match: { path: OPERATE, operateType }, times: 'always', fault }]);
const within = (milliseconds: number) => ({ headers: { 'X-Deadline-Ms': String(milliseconds) } });
const received = (count: number) =>
  eventually(
    () => rig.received(OPERATE),
    (seen) => seen.length === count,
  );
const attemptsOf = async (operationId: string) =>
  ((await rig.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto).exchanges[0]?.attempts;

/** The first of several requests to be answered, by its place among them. */
const firstOf = (asked: readonly Promise<unknown>[]) =>
  Promise.race(asked.map(async (each, place) => (await each, place)));

describe('more requests than upstream can take', () => {
  it('wait for their turn as long as they may, and are told so when it does not come', async () => {
    await start();
    const alarms = await addAlarms(rig, 1);
    // One of two places is for taking back, so one operation that hangs leaves none to others of its kind.
    await spoil({ kind: 'hang' }, 'ignore');
    const stuck = rig.operate({ operation: 'ignore', alarms });
    await received(1);
    const problem = problemOf(await rig.operate({ operation: 'mark_as_handled', alarms }, within(800)));
    expect(problem).toMatchObject({
      status: 503,
      code: 'gateway_busy',
      outcome: 'not_attempted',
      bytesSent: false,
      retryable: true,
      retryAfter: expect.any(Number),
    });
    expect(await rig.received(OPERATE)).toHaveLength(1);
    expect(await firstOf([stuck, rig.call('GET', '/livez')])).toBe(1);
  });

  it('get their turn when it comes in time', async () => {
    await start();
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'delay', delayMs: 300 }, 'ignore');
    const slow = rig.operate({ operation: 'ignore', alarms });
    await received(1);
    const queued = await rig.operate({ operation: 'mark_as_handled', alarms });
    expect(queued.body).toMatchObject({ status: 'applied', exchanges: [{ attempts: 1 }] });
    expect((await slow).status).toBe(200);
  });

  it('do not keep what takes something back from passing', async () => {
    await start();
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'hang' }, 'ignore');
    const stuck = ['1', '2', '3'].map((remark) => rig.operate({ operation: 'ignore', remark, alarms }));
    await received(1);
    const undo = rig.operate({ operation: 'unhandle', alarms });
    expect(await firstOf([...stuck, undo])).toBe(3);
    expect((await undo).body).toMatchObject({ status: 'applied' });
  });
});

describe('the time a caller gives', () => {
  it('ends an attempt that would take longer, and the answer says that it was sent', async () => {
    await start({ connections: 8 });
    // One each: acts on one alarm go one after the other.
    const [one, other] = await addAlarms(rig, 2);
    await spoil({ kind: 'hang' }, 'isolate_and_kill');
    const patient = rig.operate({ operation: 'isolate_and_kill', alarms: [one] });
    await received(1);
    const hasty = rig.operate({ operation: 'isolate_and_kill', alarms: [other] }, within(500));
    expect(await firstOf([patient, hasty])).toBe(1);
    expect(problemOf(await hasty)).toMatchObject({
      status: 504,
      code: 'upstream_unanswered',
      bytesSent: true,
    });
  });

  it('is never more than the gateway gives', async () => {
    // Time for two attempts, where three are allowed.
    await start({ deadlineMs: 800, attemptTimeoutMs: 350, connections: 8 });
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'hang' }, 'ignore');
    const problem = problemOf(await rig.operate({ operation: 'ignore', alarms }, within(999_999_999)));
    expect(problem).toMatchObject({ code: 'upstream_unanswered' });
    expect(await attemptsOf(problem.operationId ?? '')).toBeLessThan(3);
  });

  it.each(['0', '299', '-1', '1e3', '1.5', 'soon'])(
    'is refused when it is %s, and nothing is sent',
    async (asked) => {
      await start();
      const alarms = await addAlarms(rig, 1);
      const answer = await rig.operate(
        { operation: 'ignore', alarms },
        { headers: { 'X-Deadline-Ms': asked } },
      );
      const problem = problemOf(answer);
      expect(problem).toMatchObject({ status: 400, code: 'invalid_deadline', retryable: false });
      expect(problem.detail).toContain('300 or more; 10000 is the most');
      expect(await rig.received(OPERATE)).toEqual([]);
    },
  );
});

describe('more requests under way than may be', () => {
  it('are turned away without a record, reading ones first, until others have been answered', async () => {
    await start({ connections: 64 }, { limits: { requestsAtOnce: 4 } });
    const alarms = await addAlarms(rig, 5);
    await spoil({ kind: 'hang' }, 'ignore');
    const hang = (place: number) => rig.operate({ operation: 'ignore', alarms: [alarms[place]] });
    const act = (key?: string) => {
      const options = key === undefined ? {} : { key };
      return rig.operate({ operation: 'mark_as_handled', alarms: [alarms[4]] }, options);
    };
    const read = (key: string) => rig.call('GET', '/v1/operations', undefined, { key });
    const stuck = [hang(0), hang(1)];
    await received(2);
    const before = (await recordsOf(rig, 'refusal')).length;

    // Refused before anybody asks who it is.
    const refused = await read('nobody');
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'overloaded', retryAfter: 2 });
    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await act()).status).toBe(200);
    stuck.push(hang(2), hang(3));
    await received(5);
    expect(problemOf(await act('nobody'))).toMatchObject({ status: 503, code: 'overloaded' });
    for (const path of ['/livez', '/readyz', '/metrics'])
      expect((await rig.call('GET', path)).status).toBe(200);

    await Promise.all(stuck);
    expect((await act()).status).toBe(200);
    expect((await read(KEY)).status).toBe(200);
    expect(await recordsOf(rig, 'refusal')).toHaveLength(before);
  });

  it('are not those that wait behind an answer which their client does not read', async () => {
    await start({ connections: 64 }, { limits: { requestsAtOnce: 4 }, docs: true });
    const client = await RawClient.to(rig.gateway.url);
    client.stopListening();
    const large = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
    const unproved = 'POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
    await client.write(large.repeat(4) + unproved.repeat(4));
    const statuses: number[] = [];
    for (let times = 0; times < 20; times += 1) {
      statuses.push((await rig.call('GET', '/v1/operations')).status);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    client.destroy();
  });

  it('are not those that follow an operation', async () => {
    await start({ connections: 64 }, { limits: { requestsAtOnce: 2 } });
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'hang' }, 'ignore');
    const accepted = await rig.operate(
      { operation: 'ignore', alarms },
      { headers: { Prefer: 'respond-async' } },
    );
    const clients = await Promise.all(['1', '2', '3'].map(() => RawClient.to(rig.gateway.url)));
    for (const client of clients) {
      await client.head(`GET /v1/operations/${String(accepted.body.id)}/events`, [`X-Api-Key: ${KEY}`]);
      expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200/);
    }
    expect((await rig.call('GET', '/v1/operations')).status).toBe(200);
    for (const client of clients) client.destroy();
  });
});

describe('an event loop that is late', () => {
  /** Keeps the event loop busy, a tenth of a second at a time. */
  function keepBusy(): () => void {
    let busy = true;
    const work = (): void => {
      const until = performance.now() + 100;
      while (performance.now() < until);
      if (busy) setImmediate(work);
    };
    work();
    return () => (busy = false);
  }

  it('turns requests away without a record, is still watched over, and takes them again when it has caught up', async () => {
    await start(
      { connections: 8 },
      { limits: { alarmsPerRequest: 1000, bodyBytes: 1_048_576, maxEventLoopDelayMs: 60 } },
    );
    const alarms = await addAlarms(rig, 1);
    const operate = (key?: string) =>
      rig.operate({ operation: 'ignore', alarms }, key === undefined ? {} : { key });
    await eventually(operate, ({ status }) => status === 200);
    const before = (await recordsOf(rig, 'refusal')).length;

    const stop = keepBusy();
    const refused = await eventually(operate, ({ status }) => status === 503);
    expect(problemOf(refused)).toMatchObject({ code: 'overloaded', retryable: true, retryAfter: 2 });
    expect(refused.headers.get('retry-after')).toBe('2');
    // Refused before anybody asks who it is: even that costs time.
    expect((await operate('nobody')).body).toMatchObject({ code: 'overloaded' });
    const upstreams = await eventually(
      () => rig.call('POST', '/v5/p/event/operate', {}),
      ({ headers }) => headers.get('retry-after') === '2',
    );
    expect(upstreams.body).toMatchObject({ error_code: 'APIGW.0201', error_msg: expect.any(String) });
    for (const path of ['/livez', '/readyz', '/metrics'])
      expect((await rig.call('GET', path)).status).toBe(200);
    stop();

    expect((await eventually(operate, ({ status }) => status === 200)).status).toBe(200);
    expect(await recordsOf(rig, 'refusal')).toHaveLength(before);
  });
});

import { get } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { CancellationRecord } from '../src/audit/audit-record.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { KEY, OTHER_KEY, portal, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually, problemOf, recordsOf } from './support/problems.js';
import { eventsFrom, type SeenEvent } from './support/server-sent-events.js';

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const outcomesOf = ({ alarms }: ReceiptDto) => alarms.map(({ outcome }) => outcome);

let rig: Rig;
let alarms: NamedAlarm[];

beforeEach(async () => {
  rig = await startRig({
    background: { operationsAtOnce: 2, deadlineMs: 60_000, heartbeatMs: 100 },
    callers: [portal, { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] }],
  });
  alarms = await addAlarms(rig, 250);
});
afterEach(() => rig.close());

const slow = (skip = 0, delayMs = 300) =>
  rig.control('POST', '/faults', [
    { match: { path: OPERATE }, skip, times: 'always', fault: { kind: 'delay', delayMs } },
  ]);
const accept = (some: readonly NamedAlarm[] = alarms, more: object = {}): Promise<JsonAnswer> =>
  rig.operate({ operation: 'ignore', alarms: some }, { ...ASYNC, ...more });
const receiptOf = async (id: string): Promise<ReceiptDto> =>
  (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const ended = (id: string): Promise<ReceiptDto> =>
  eventually(
    () => receiptOf(id),
    ({ status }) => status !== 'pending',
  );
const arrivals = async () => (await rig.received(OPERATE)).length;

describe('Prefer: respond-async', () => {
  it('is answered with 202, the receipt and its address before anything is sent, and carried out', async () => {
    await slow();
    const answer = await accept();
    expect(answer.status).toBe(202);
    const receipt = answer.body as ReceiptDto;
    expect(answer.headers.get('location')).toBe(`/v1/operations/${receipt.id}`);
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    expect(receipt).toMatchObject({ status: 'pending', progress: { done: 0, total: 250 } });
    expect(outcomesOf(receipt)).toEqual(times(250, 'pending'));
    expect(await touched(rig)).toEqual([]);
    const half = await eventually(
      () => receiptOf(receipt.id),
      ({ progress }) => progress!.done > 0,
    );
    expect(half).toMatchObject({ status: 'pending', progress: { done: expect.any(Number), total: 250 } });
    const { done } = half.progress!;
    expect(outcomesOf(half)).toEqual([...times(done, 'applied'), ...times(250 - done, 'pending')]);
    const last = await ended(receipt.id);
    expect(last).toMatchObject({ status: 'applied', progress: { done: 250, total: 250 } });
    expect((await touched(rig)).map(({ effects }) => effects.length)).toEqual(times(250, 1));
  });

  it('tells of whitelist rules, too, that nothing is known of them yet', async () => {
    await slow();
    const rule = { eventType: 1001, fieldKey: 'file_path', fieldValue: '/tmp/0', judgeType: 'equal' };
    // Not so many that the brake engages.
    const few = alarms.slice(0, 10);
    const body = { operation: 'add_to_alarm_whitelist', alarms: few, whitelistRules: [rule] };
    const { id, whitelistRules } = (await rig.operate(body, ASYNC)).body as ReceiptDto;
    expect(whitelistRules).toEqual({ count: 1, outcome: 'pending' });
    expect((await ended(id)).whitelistRules).toEqual({ count: 1, outcome: 'applied' });
  });

  it('is not applied to a request that is refused, nor where it is not asked for', async () => {
    const refused = await rig.operate({ operation: 'isolate_and_kill', alarms: [{}] }, ASYNC);
    expect(problemOf(refused).code).toBe('invalid_request');
    const waited = await rig.operate({ operation: 'ignore', alarms }, { headers: { Prefer: 'wait=10' } });
    expect(waited.status).toBe(200);
    expect(waited.body).not.toHaveProperty('progress');
  });

  it('under a key is replayed with how far it is, and carried out once', async () => {
    await slow();
    const keyed = { headers: { ...ASYNC.headers, 'Idempotency-Key': 'bulk-1' } };
    const first = await accept(alarms, keyed);
    const second = await accept(alarms, keyed);
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    await ended(first.body.id as string);
    const third = await accept(alarms, keyed);
    expect([third.status, third.body.status]).toEqual([200, 'applied']);
    expect(await arrivals()).toBe(3);
  });

  it('sent twice in a moment joins the first one while it runs', async () => {
    await slow();
    const first = await accept();
    const second = await accept();
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
    expect(second.headers.get('idempotency-joined')).toBe('true');
    await ended(first.body.id as string);
    expect(await arrivals()).toBe(3);
  });

  it('goes on when upstream is down for a while', async () => {
    await rig.control('POST', '/faults', [
      {
        match: { path: OPERATE },
        skip: 1,
        times: 5,
        fault: { kind: 'status', status: 429, errorCode: 'APIGW.0308' },
      },
    ]);
    const { body } = await accept();
    expect(await ended(body.id as string)).toMatchObject({ status: 'applied' });
  });

  it('goes on past what upstream refuses, and tells it', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, skip: 1, fault: { kind: 'status', status: 400, errorCode: 'HSS.1007' } },
    ]);
    const { body } = await accept();
    const receipt = await ended(body.id as string);
    expect(receipt.status).toBe('partially_applied');
    expect(outcomesOf(receipt)).toEqual([
      ...times(100, 'applied'),
      ...times(100, 'rejected'),
      ...times(50, 'applied'),
    ]);
  });

  it('runs no more at once than it may, and of each caller in turn', async () => {
    await slow(0, 400);
    const own = [];
    for (const some of [alarms.slice(0, 1), alarms.slice(1, 2), alarms.slice(2, 3), alarms.slice(3, 4)]) {
      own.push((await accept(some)).body.id as string);
    }
    const other = (await accept(alarms.slice(4, 5), { key: OTHER_KEY })).body.id as string;
    expect(await eventually(arrivals, (count) => count >= 2)).toBe(2);
    await Promise.all(own.map(ended));
    const order = (await rig.received(OPERATE)).map(
      ({ bodyText }) =>
        (JSON.parse(bodyText) as { operate_event_list: { event_id: string }[] }).operate_event_list[0]!
          .event_id,
    );
    expect(order.indexOf(alarms[4]!.eventId)).toBeLessThan(4);
    expect(
      (await rig.call('GET', `/v1/operations/${other}`, undefined, { key: OTHER_KEY })).body,
    ).toMatchObject({ status: 'applied' });
  });

  it('that takes something back finds a place when all others are taken', async () => {
    expect((await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 1) })).status).toBe(200);
    await slow(0, 1_000);
    await accept(alarms.slice(1, 2));
    await accept(alarms.slice(2, 3));
    const undo = await rig.operate({ operation: 'do_not_ignore', alarms: alarms.slice(0, 1) }, ASYNC);
    await eventually(arrivals, (count) => count >= 4);
    expect(await arrivals()).toBe(4);
    await ended(undo.body.id as string);
  });
});

describe('cancelling', () => {
  it('stops before the next chunk, tells what was not sent, and is recorded', async () => {
    await slow();
    const { body } = await accept();
    const id = body.id as string;
    await eventually(arrivals, (count) => count >= 1);
    const answer = await rig.call('POST', `/v1/operations/${id}/cancel`, undefined);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: 'pending', cancellation: { by: 'portal' } });
    const receipt = await ended(id);
    expect(receipt).toMatchObject({ status: 'partially_applied', cancellation: { by: 'portal' } });
    const sent = await arrivals();
    expect(sent).toBeLessThan(3);
    expect(outcomesOf(receipt)).toEqual([
      ...times(sent * 100, 'applied'),
      ...times(250 - sent * 100, 'not_attempted'),
    ]);
    expect(receipt.alarms.at(-1)).toMatchObject({ reason: 'cancelled' });
    expect(await touched(rig)).toHaveLength(sent * 100);
    const records = await recordsOf<CancellationRecord>(rig, 'cancellation');
    expect(records).toMatchObject([{ operationId: id, caller: 'portal' }]);
  });

  it('twice is recorded once; of what is over, or waited for, or not one’s own, it is refused', async () => {
    await slow();
    const id = (await accept()).body.id as string;
    const cancel = (which: string, key?: string) =>
      rig.call('POST', `/v1/operations/${which}/cancel`, undefined, key === undefined ? {} : { key });
    expect(problemOf(await cancel(id, OTHER_KEY))).toMatchObject({
      status: 404,
      code: 'operation_not_found',
    });
    expect([(await cancel(id)).status, (await cancel(id)).status]).toEqual([202, 202]);
    await ended(id);
    expect(await recordsOf(rig, 'cancellation')).toHaveLength(1);
    expect(problemOf(await cancel(id))).toMatchObject({ status: 409, code: 'operation_over' });
    expect(problemOf(await cancel('nonsense'))).toMatchObject({ status: 404 });
    const waited = rig.operate({ operation: 'ignore', alarms });
    const page = await eventually(
      async () => (await rig.call('GET', '/v1/operations?status=pending')).body as { items: ReceiptDto[] },
      ({ items }) => items.length > 0,
    );
    expect(problemOf(await cancel(page.items[0]!.id))).toMatchObject({
      status: 409,
      code: 'not_in_background',
    });
    await waited;
  });
});

describe('following', () => {
  const follow = (id: string, headers: Record<string, string> = {}) =>
    eventsFrom(`${rig.gateway.url}/v1/operations/${id}/events`, headers);
  const chunkIds = (events: readonly SeenEvent[]) =>
    events.filter(({ event }) => event === 'chunk').map(({ id }) => id);

  it('tells each chunk once, in order, then the end, and ends', async () => {
    await slow();
    const id = (await accept()).body.id as string;
    const { events, heartbeats } = await follow(id);
    expect(events.map(({ id: each, event, data }) => [each, event, data as unknown])).toMatchObject([
      ['1', 'chunk', { index: 0, alarmCount: 100, outcome: 'applied', done: 100, total: 250 }],
      ['2', 'chunk', { index: 1, alarmCount: 100, done: 200 }],
      ['3', 'chunk', { index: 2, alarmCount: 50, done: 250 }],
      ['end', 'end', { status: 'applied', done: 250, total: 250 }],
    ]);
    expect(heartbeats).toBeGreaterThan(1);
  });

  it('goes on after what was seen, and not at all after the end', async () => {
    const id = (await accept()).body.id as string;
    await ended(id);
    expect(chunkIds((await follow(id)).events)).toEqual(['1', '2', '3']);
    expect(chunkIds((await follow(id, { 'Last-Event-ID': '2' })).events)).toEqual(['3']);
    const over = await rig.call('GET', `/v1/operations/${id}/events`, undefined, {
      headers: { 'Last-Event-ID': 'end' },
    });
    expect(over.status).toBe(204);
  });

  it('is for the caller alone whose operation it is', async () => {
    const id = (await accept()).body.id as string;
    const answer = await rig.call('GET', `/v1/operations/${id}/events`, undefined, { key: OTHER_KEY });
    expect(problemOf(answer)).toMatchObject({ status: 404, code: 'operation_not_found' });
  });

  it('by a client that goes away, or never reads, keeps nothing from going on', async () => {
    await slow();
    const id = (await accept()).body.id as string;
    const url = `${rig.gateway.url}/v1/operations/${id}/events`;
    const headers = { Authorization: `Bearer ${KEY}` };
    await new Promise<void>((resolve) => {
      const request = get(url, { headers }, (answer) => {
        expect(answer.statusCode).toBe(200);
        answer.once('data', () => resolve(void request.destroy()));
      }).on('error', () => undefined);
    });
    const idle = await fetch(url, { headers });
    expect(await ended(id)).toMatchObject({ status: 'applied' });
    await idle.body?.cancel();
  });
});

it('a refused request for the background leaves nothing behind', async () => {
  const answer = await rig.call(
    'POST',
    '/v1/operations',
    { operation: 'ignore', alarms },
    { key: 'x', ...ASYNC },
  );
  expect(answer.status).toBe(401);
  expect(await recordsOf(rig, 'intent')).toEqual([]);
});

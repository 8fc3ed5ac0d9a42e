import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { OTHER_KEY, portal, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';

const OPERATE = 'event/operate';
const seedAlarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
};
const request = { operation: 'mark_as_handled', remark: 'SEC-1', alarms: [seedAlarm] };
const under = (key: string) => ({ headers: { 'Idempotency-Key': key } });
const bot = { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] };

let rig: Rig;
beforeAll(async () => {
  // What upstream says at first is what is answered.
  rig = await startRig({ callers: [portal, bot], upstream: { maxAttempts: 1 } });
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

const acts = async (): Promise<number> => (await rig.received(OPERATE)).length;
const replayed = ({ headers }: JsonAnswer) => headers.get('Idempotency-Replayed');

describe('a request under an Idempotency-Key', () => {
  it('that is sent again is answered as before, and nothing is done', async () => {
    const first = await rig.operate(request, under('k-1'));
    const again = await rig.operate(request, under('k-1'));
    expect([first.status, replayed(first)]).toEqual([200, null]);
    expect([again.status, replayed(again), again.body]).toEqual([200, 'true', first.body]);
    expect(await acts()).toBe(1);
  });

  it('is the same whatever the order of its members and its white space', async () => {
    const first = await rig.operate(request, under('k-2'));
    const raw = `{ "alarms": [ ${JSON.stringify(Object.fromEntries(Object.entries(seedAlarm).reverse()))} ],\n "remark":"SEC-1","operation": "mark_as_handled"}`;
    const again = await rig.operate(undefined, { ...under('k-2'), raw });
    expect([replayed(again), again.body]).toEqual(['true', first.body]);
  });

  it.each([
    ['remark', { ...request, remark: 'SEC-2' }],
    ['operation type', { ...request, operation: 'ignore' }],
    ['time, by the last digit', { ...request, alarms: [{ ...seedAlarm, occurTime: '9223372036854775807' }] }],
    ['container', { ...request, scope: { containerId: 'c-1' } }],
  ])('that was used for another %s is refused', async (what, other) => {
    const base =
      what === 'time, by the last digit'
        ? { ...request, alarms: [{ ...seedAlarm, occurTime: '9223372036854775806' }] }
        : request;
    const key = `k-3-${what}`;
    await rig.operate(base, under(key));
    const before = await acts();
    const answer = await rig.operate(other, under(key));
    expect(answer.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await acts()).toBe(before);
  });

  it('belongs to its caller alone', async () => {
    const first = await rig.operate(request, under('k-4'));
    const other = await rig.operate(request, { ...under('k-4'), key: OTHER_KEY });
    expect([other.status, replayed(other), other.body.id === first.body.id]).toEqual([200, null, false]);
  });

  it('that was refused leaves the key unused', async () => {
    const invalid = await rig.operate({ ...request, operation: 'handled' }, under('k-5'));
    const unknown = await rig.operate({ ...request, scope: { project: 'none' } }, under('k-5'));
    const valid = await rig.operate(request, under('k-5'));
    expect([invalid.status, unknown.status, valid.status, replayed(valid)]).toEqual([400, 400, 200, null]);
  });

  it('that upstream refused for now leaves the key unused', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'throttle' }, times: 'always' },
    ]);
    const first = await rig.operate(request, under('k-6'));
    await rig.control('DELETE', '/faults');
    const again = await rig.operate(request, under('k-6'));
    expect(first.body).toMatchObject({ code: 'upstream_throttled', outcome: 'rejected', retryable: true });
    expect([again.status, replayed(again)]).toEqual([200, null]);
  });

  it('that upstream refused is refused again in the same words', async () => {
    const fault = { kind: 'status', status: 400, errorCode: 'HSS.0011' };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault }]);
    const first = await rig.operate(request, under('k-7'));
    const again = await rig.operate(request, under('k-7'));
    expect(first.body).toMatchObject({ status: 404, code: 'alarm_not_found' });
    expect([again.status, replayed(again)]).toEqual([404, 'true']);
    expect({ ...again.body, requestId: '' }).toEqual({ ...first.body, requestId: '' });
    expect(await acts()).toBe(1);
  });

  it.each(['', 'é', 'k'.repeat(256)])('must have a key that can be read: not %j', async (key) => {
    const bytes = Buffer.from(key, 'utf8').toString('latin1');
    const answer = await rig.operate(request, under(bytes));
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_idempotency_key' });
    expect(await acts()).toBe(0);
  });

  it('and 199 like it at the same time are carried out once', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'delay', delayMs: 100 }, times: 'always' },
    ]);
    const answers = await Promise.all(Array.from({ length: 200 }, () => rig.operate(request, under('k-8'))));
    const told = answers.map((answer) =>
      answer.status === 200 ? (replayed(answer) ?? 'acted') : answer.status,
    );
    expect(told.filter((each) => each === 'acted')).toHaveLength(1);
    expect(told.filter((each) => each === 'true' || each === 409)).toHaveLength(199);
    const busy = answers.find(({ status }) => status === 409);
    expect(busy?.headers.get('Retry-After')).toBe('1');
    expect(await acts()).toBe(1);
    await rig.control('DELETE', '/faults');
    const last = await rig.operate(request, under('k-8'));
    expect([last.status, replayed(last)]).toEqual([200, 'true']);
  });
});

describe('a request without a key', () => {
  it('waits for the one that it joined no longer than its caller gives it', async () => {
    const fault = { kind: 'delay', delayMs: 1_500 };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault }]);
    const patient = rig.operate(request);
    const hasty = await rig.operate(request, { headers: { 'X-Deadline-Ms': '600' } });
    expect([hasty.status, hasty.body]).toMatchObject([
      504,
      { code: 'joined_still_running', retryable: true },
    ]);
    expect((await patient).status).toBe(200);
    expect(await acts()).toBe(1);
  });

  it('joins one like it that still runs, and one that is over not', async () => {
    const fault = { kind: 'delay', delayMs: 300 };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.operate(request)));
    expect(new Set(answers.map(({ body }): unknown => body.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('Idempotency-Joined') === 'true')).toHaveLength(19);
    expect(await acts()).toBe(1);
    const later = await rig.operate(request);
    expect(later.headers.get('Idempotency-Joined')).toBeNull();
    expect(await acts()).toBe(2);
  });

  it('joins neither another request nor another caller', async () => {
    const fault = { kind: 'delay', delayMs: 200 };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);
    await Promise.all([
      rig.operate(request),
      rig.operate({ ...request, remark: 'SEC-2' }),
      rig.operate(request, { key: OTHER_KEY }),
    ]);
    await rig.control('DELETE', '/faults');
    expect(await acts()).toBe(3);
  });
});

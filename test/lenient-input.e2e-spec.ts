import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { AlarmPageDto } from '../src/alarms/alarm.dto.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { keyPairOf, MASTER_KEY, signedHeaders } from './support/drop-in.js';
import { fetchJson, KEY, portal, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { faultsIn, problemOf } from './support/problems.js';

/** What other programs write as a matter of course, and what has one meaning only. */

const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
const SEED_ALARM = { eventId: SEED, eventClassId: 'rootkit_0001', eventType: 1010, occurTime: 1672046760353 };
const MARK = '\ufeff';

let rig: Rig;
beforeAll(async () => {
  const signer = { ...portal, signingKeys: [{ id: 'sdk' }] };
  rig = await startRig({ callers: [signer], signing: { masterKey: MASTER_KEY } }, { alarms: 40 });
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

const post = (path: string, body: unknown): Promise<JsonAnswer> => rig.call('POST', path, body);

describe('a time with more digits than milliseconds have', () => {
  const TIMES = [
    '2023-01-01T01:30:00.123456Z',
    '2023-01-01T01:30:00.123456+00:00',
    '2023-01-01T09:30:00.123456789+08:00',
    '2023-01-01T01:30:00.123000000Z',
  ];

  it.each(TIMES)('is a bound of every list: %s', async (time) => {
    for (const path of ['/v1/operations', '/v1/alarms', '/v1/handling-history']) {
      for (const bound of ['from', 'to']) {
        const answer = await rig.call('GET', `${path}?${bound}=${encodeURIComponent(time)}`);
        const window = answer.status === 400 ? faultsIn(problemOf(answer)) : [];
        // Some lists go back so many days only; that is another rule.
        expect([path, bound, window.filter((fault) => fault.endsWith(' time'))]).toEqual([path, bound, []]);
      }
    }
  });

  it('leaves out what is beyond milliseconds', async () => {
    const idsOf = async (query: string): Promise<string[]> =>
      ((await rig.call('GET', `/v1/alarms?${query}`)).body as AlarmPageDto).items.map(
        ({ eventId }) => eventId,
      );
    const at = new Date(SEED_ALARM.occurTime).toISOString();
    expect(await idsOf(`from=${at.replace('Z', '999Z')}&to=${at.replace('Z', '999999Z')}`)).toContain(SEED);
  });

  it.each(TIMES)('is a bound of a plan: %s', async (from) => {
    const plan = await post('/v1/plans', { operation: 'ignore', selector: { from } });
    expect(plan.status).toBe(201);
  });

  it.each(['456Z', '456+00:00', '456789Z'])('is an end: ...%s', async (end) => {
    const day = new Date(Date.now() + 86_400_000).toISOString();
    const answer = await post('/v1/operations', {
      operation: 'ignore',
      alarmIds: [SEED],
      expiresAt: day.replace('Z', end),
    });
    expect((answer.body as ReceiptDto).expiresAt).toBe(day);
  });

  it('is no time of an alarm, which has milliseconds and is never rounded', async () => {
    const alarmIds = [{ eventId: SEED, occurTime: '2022-12-26T09:26:00.353456Z' }];
    const problem = problemOf(await post('/v1/operations', { operation: 'ignore', alarmIds }));
    expect(problem.violations?.[0]?.message).toContain('at most milliseconds');
    const zeros = [{ eventId: SEED, occurTime: '2022-12-26T09:26:00.353000Z' }];
    expect((await post('/v1/operations', { operation: 'ignore', alarmIds: zeros })).status).toBe(200);
  });
});

describe('a body that begins with a byte order mark', () => {
  it('is read as if it did not', async () => {
    const raw = `${MARK}${JSON.stringify({ operation: 'ignore', alarmIds: [SEED] })}`;
    expect((await rig.operate(undefined, { raw })).body).toMatchObject({ status: 'applied' });
    const path = '/v1/plans';
    const plan = await rig.call('POST', path, undefined, {
      raw: `${MARK}{"operation":"ignore","selector":{}}`,
    });
    expect(plan.status).toBe(201);
  });

  it.each([MARK, `${MARK} \n`])('and ends there is empty: %j', async (raw) => {
    expect(problemOf(await rig.operate(undefined, { raw })).code).toBe('empty_body');
  });

  it('has it once, and there alone', async () => {
    for (const raw of [`${MARK}${MARK}{}`, ` ${MARK}{}`, `{${MARK}}`]) {
      expect(problemOf(await rig.operate(undefined, { raw })).code).toBe('malformed_json');
    }
  });

  it('is signed as it stands', async () => {
    const url = `${rig.gateway.url}/v5/${rig.simulator.project.id}/event/operate`;
    const { eventId, eventClassId, eventType, occurTime } = SEED_ALARM;
    const event = {
      event_id: eventId,
      event_class_id: eventClassId,
      event_type: eventType,
      occur_time: occurTime,
      operate_detail_list: [],
    };
    const body = JSON.stringify({ operate_type: 'ignore', operate_event_list: [event] });
    const send = (raw: string, signed: string): Promise<JsonAnswer> =>
      fetchJson('POST', url, undefined, {
        raw,
        headers: signedHeaders(url, signed, { pair: keyPairOf('portal') }),
      });
    expect((await send(MARK + body, body)).status).toBe(401);
    expect((await send(MARK + body, MARK + body)).status).toBe(200);
  });
});

describe('the default enterprise project as a number', () => {
  const scope = { enterpriseProjectId: 0 };

  it('is the one of an operation, by id and in full', async () => {
    const byId = await post('/v1/operations', { operation: 'ignore', alarmIds: [SEED], scope });
    expect((byId.body as ReceiptDto).scope.enterpriseProjectId).toBe('0');
    await rig.control('POST', '/reset');
    const inFull = await post('/v1/operations', { operation: 'ignore', alarms: [SEED_ALARM], scope });
    expect((inFull.body as ReceiptDto).scope.enterpriseProjectId).toBe('0');
  });

  it('is the same request as with the text', async () => {
    const headers = { 'Idempotency-Key': 'zero-of-either-kind' };
    const body = { operation: 'ignore', alarmIds: [SEED] };
    const first = await rig.operate({ ...body, scope }, { headers });
    const again = await rig.operate({ ...body, scope: { enterpriseProjectId: '0' } }, { headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((again.body as ReceiptDto).id).toBe((first.body as ReceiptDto).id);
  });

  it('is the one of a plan, and of a change of a list', async () => {
    const plan = await post('/v1/plans', { operation: 'ignore', selector: {}, scope });
    expect((plan.body as PlanDto).scope.enterpriseProjectId).toBe('0');
    const items = [{ srcIp: '192.0.2.77' }];
    const problem = await post('/v1/blocked-addresses/unblockings', { items, scope });
    expect(problem.status === 400 ? faultsIn(problemOf(problem)).join() : '').not.toContain('/scope');
  });

  it.each([1, -1, 0.5, '00', true, null])('is no other: %j', async (enterpriseProjectId) => {
    const body = { operation: 'ignore', alarmIds: [SEED], scope: { enterpriseProjectId } };
    expect(faultsIn(problemOf(await post('/v1/operations', body)))).toEqual([
      '/scope/enterpriseProjectId form',
    ]);
  });
});

describe('a body that may be left out', () => {
  it.each(['', ' \r\n', MARK])('may be declared as JSON and be empty: %j', async (raw) => {
    const applied = await post('/v1/operations', { operation: 'ignore', alarmIds: [SEED] });
    const { id } = applied.body as ReceiptDto;
    const undone = await rig.call('POST', `/v1/operations/${id}/undo`, undefined, {
      raw,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(undone.body).toMatchObject({ operation: 'do_not_ignore', status: 'applied' });
  });

  it('is not missed where nothing is said of a length', async () => {
    const applied = await post('/v1/operations', { operation: 'ignore', alarmIds: [SEED] });
    const { id } = applied.body as ReceiptDto;
    for (const path of [`operations/${id}/undo`, `operations/${id}/cancel`, 'brakes/nobody/resume']) {
      const response = await fetch(`${rig.gateway.url}/v1/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Api-Key': KEY },
      });
      const { code } = (await response.json()) as { code?: string };
      expect([path, code === 'empty_body' || response.status === 415]).toEqual([path, false]);
    }
  });
});

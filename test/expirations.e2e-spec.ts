import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ExpirationDto, ExpirationPageDto } from '../src/operations/expirations/expiration.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startGateway } from '../src/start.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  sha256,
  startRig,
  type JsonAnswer,
  type Rig,
} from './support/gateway.js';
import { eventually, faultsIn, problemOf, requestsUpstream } from './support/problems.js';

const OPERATE = '/event/operate';
const soon = (milliseconds = 1_500) => new Date(Date.now() + milliseconds).toISOString();

let rig: Rig;
let alarms: NamedAlarm[];

beforeEach(async () => {
  rig = await startRig({
    callers: [portal, { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] }],
  });
  alarms = await addAlarms(rig, 3);
});
afterEach(() => rig.close());

const ignore = (expiresAt: string, some: readonly NamedAlarm[] = alarms): Promise<JsonAnswer> =>
  rig.operate({ operation: 'ignore', alarms: some, expiresAt });
const listed = async (query = ''): Promise<ExpirationDto[]> =>
  ((await rig.call('GET', `/v1/expirations${query}`)).body as ExpirationPageDto).items;
const ended = (url = rig.gateway.url): Promise<ExpirationDto> =>
  eventually(
    async () =>
      ((await fetchJson('GET', `${url}/v1/expirations`, undefined, { key: KEY })).body as ExpirationPageDto)
        .items[0]!,
    ({ status }) => status !== 'scheduled',
  );
const receiptOf = async (id: string): Promise<ReceiptDto> =>
  (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
/** What happened to each alarm, in order. */
const effects = async (): Promise<string[][]> =>
  (await touched(rig)).map((alarm) => alarm.effects.map(({ operateType }) => operateType));

describe('an act that was asked for until a time', () => {
  it('is taken back then, by an operation of its own, and listed before and after', async () => {
    const expiresAt = soon();
    const { body } = await ignore(expiresAt);
    expect(body).toMatchObject({ status: 'applied', expiresAt });
    const item = { operationId: body.id as string, operation: 'ignore', alarmCount: 3, expiresAt };
    expect(await listed()).toEqual([{ ...item, status: 'scheduled' }]);
    const last = await ended();
    expect(last).toEqual({ ...item, status: 'taken_back', undoneBy: [expect.any(String)] });
    expect(await receiptOf(last.undoneBy![0]!)).toMatchObject({
      operation: 'do_not_ignore',
      status: 'applied',
      requestedBy: 'portal',
      undoes: body.id,
      expired: true,
      remark: `Expired ${expiresAt}`,
    });
    expect(await effects()).toEqual(alarms.map(() => ['ignore', 'do_not_ignore']));
  });

  it('is left alone when somebody has taken it back before', async () => {
    const { body } = await ignore(soon(1_000));
    expect((await rig.call('POST', `/v1/operations/${body.id}/undo`)).status).toBe(200);
    expect(await listed()).toMatchObject([{ status: 'cancelled' }]);
    expect(await listed('?status=scheduled')).toEqual([]);
    await eventually(
      () => listed('?status=cancelled'),
      (items) => items.length > 0,
    );
    expect(await effects()).toEqual(alarms.map(() => ['ignore', 'do_not_ignore']));
  });

  it('that upstream refused has nothing to be taken back', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'status', status: 400, errorCode: 'HSS.1007' } },
    ]);
    problemOf(await ignore(soon(500)));
    expect(await ended()).toMatchObject({ status: 'nothing_to_take_back' });
    expect(await touched(rig)).toEqual([]);
  });

  it('is taken back after its time where the gateway was down, or upstream was', async () => {
    await ignore(soon(300));
    await rig.gateway.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, times: 3, fault: { kind: 'status', status: 503 } },
    ]);
    const again = await startGateway(rig.config);
    try {
      expect(await ended(again.url)).toMatchObject({ status: 'taken_back' });
      expect(await effects()).toEqual(alarms.map(() => ['ignore', 'do_not_ignore']));
    } finally {
      await again.close();
    }
  });

  it('is taken back although its caller may do nothing any more', async () => {
    await ignore(soon(300));
    await rig.gateway.close();
    const again = await startGateway({
      ...rig.config,
      callers: [{ ...portal, grants: [{ ...portal.grants[0]!, rights: ['read'] }] }],
    });
    try {
      expect(await ended(again.url)).toMatchObject({ status: 'taken_back' });
    } finally {
      await again.close();
    }
  });

  it('is seen by nobody else', async () => {
    await ignore(soon(60_000));
    const other = await rig.call('GET', '/v1/expirations', undefined, { key: OTHER_KEY });
    expect(other.body).toEqual({ items: [] });
  });
});

describe('expirations', () => {
  it('are listed in pages, the next to come first', async () => {
    for (const [index, ahead] of [90_000, 30_000, 60_000].entries()) {
      expect((await ignore(soon(ahead), [alarms[index]!])).status).toBe(200);
    }
    const all = await listed();
    expect(all.map(({ expiresAt }) => expiresAt)).toEqual([...all.map((each) => each.expiresAt)].sort());
    const first = (await rig.call('GET', '/v1/expirations?limit=2')).body as ExpirationPageDto;
    const second = (await rig.call('GET', `/v1/expirations?limit=2&cursor=${first.nextCursor}`))
      .body as ExpirationPageDto;
    expect([...first.items, ...second.items]).toEqual(all);
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('are refused with everything that is wrong, and upstream hears nothing', async () => {
    const before = await requestsUpstream(rig);
    const refused = await rig.operate({ operation: 'isolate_and_kill', alarms, expiresAt: soon(-1_000) });
    expect(faultsIn(problemOf(refused))).toEqual(['/expiresAt in_the_future', '/expiresAt only_for']);
    expect(faultsIn(problemOf(await ignore('tomorrow')))).toEqual(['/expiresAt time']);
    expect(faultsIn(problemOf(await ignore(soon(400 * 86_400_000))))).toEqual(['/expiresAt within_a_year']);
    const query = await rig.call('GET', '/v1/expirations?status=over&limit=0&cursor=x&colour=red');
    expect(faultsIn(problemOf(query))).toEqual([
      '?colour unknown_field',
      '?cursor cursor',
      '?limit integer',
      '?status words',
    ]);
    expect(await requestsUpstream(rig)).toBe(before);
  });

  it('make another request of one that is for good, under the same key', async () => {
    const options = { headers: { 'Idempotency-Key': 'for-good' } };
    expect((await rig.operate({ operation: 'ignore', alarms }, options)).status).toBe(200);
    const other = await rig.operate({ operation: 'ignore', alarms, expiresAt: soon(60_000) }, options);
    expect(problemOf(other)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });
});

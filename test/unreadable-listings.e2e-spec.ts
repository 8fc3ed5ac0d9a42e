import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { LISTING_SHAPES, type ListingShape } from '../src/simulator/faults/answers.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { sendUpstream } from './support/list-kinds.js';
import { problemOf } from './support/problems.js';

/** What upstream's listings do not say is not known: an answer never takes it for nothing, nor for "not listed". */

const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
const SEED_TIME = 1672046760353;
const ABSENT = 'an-alarm-that-does-not-exist';
const EVENTS = '/event/events';

const LISTS: readonly (readonly [route: string, path: string])[] = [
  ['alarms?category=host&limit=500', EVENTS],
  ['handling-history', '/event/handle-history'],
  ['alarm-whitelist', '/event/white-list/alarm'],
  ['login-whitelist', '/event/white-list/login'],
  ['isolated-files', '/event/isolated-file'],
  ['blocked-addresses', '/event/blocked-ip'],
];
/** A listing that names no total is read to its first empty page. */
const UNREADABLE = LISTING_SHAPES.filter((shape) => shape !== 'no_total');

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({}, { alarms: 30 });
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  const made = CONTRACT_PAYLOADS.filter(({ name }) => /^9\.(1|5|7|9) /.test(name));
  for (const { query, body } of made) await sendUpstream(rig.simulator, 'POST', `operate?${query}`, body);
});

async function misshape(
  path: string,
  shape: ListingShape,
  times: number | 'always' = 'always',
): Promise<void> {
  const fault = { match: { method: 'GET', path }, times, fault: { kind: 'listing', shape } };
  expect((await rig.control('POST', '/faults', [fault])).status).toBe(200);
}

function expectUnreadable(answer: JsonAnswer): void {
  expect([answer.status, answer.text]).toEqual([502, expect.stringContaining('upstream_unreadable')]);
  const problem = problemOf(answer);
  expect(problem).toMatchObject({ code: 'upstream_unreadable', retryable: true });
  expect(problem.detail).toMatch(/not known/);
  expect(problem.detail).toMatch(/Nothing was done/);
}

describe.each(LISTS)('GET /v1/%s', (route, path) => {
  it.each(UNREADABLE)('says that it cannot be read when upstream answers: %s', async (shape) => {
    const { items } = (await rig.call('GET', `/v1/${route}`)).body as { items: unknown[] };
    expect(items.length).toBeGreaterThan(0);
    await misshape(path, shape);
    expectUnreadable(await rig.call('GET', `/v1/${route}`));
  });

  it('is read to its end where upstream names no total', async () => {
    const whole = await rig.call('GET', `/v1/${route}`);
    await misshape(path, 'no_total');
    const found = await rig.call('GET', `/v1/${route}`);
    expect(found.body).toEqual(whole.body);
  });
});

describe('GET /v1/alarms/{eventId}', () => {
  it.each(UNREADABLE)(
    'never says of an alarm that it is not listed when upstream answers: %s',
    async (shape) => {
      for (const query of ['', `?occurTime=${SEED_TIME}`]) {
        await rig.control('DELETE', '/faults');
        await misshape(EVENTS, shape);
        const whole = shape === 'total_too_high';
        const found = await rig.call('GET', `/v1/alarms/${SEED}${query}`);
        if (whole) expect(found.body).toMatchObject({ eventId: SEED });
        else expectUnreadable(found);
        expectUnreadable(await rig.call('GET', `/v1/alarms/${ABSENT}${query}`));
      }
    },
  );

  it('finds an alarm where upstream names no total, and does not deny one', async () => {
    await misshape(EVENTS, 'no_total');
    expect((await rig.call('GET', `/v1/alarms/${SEED}`)).status).toBe(200);
    expectUnreadable(await rig.call('GET', `/v1/alarms/${ABSENT}`));
  });

  it('denies one that is not listed, where all of the listing was read', async () => {
    expect(problemOf(await rig.call('GET', `/v1/alarms/${ABSENT}`))).toMatchObject({
      status: 404,
      code: 'alarm_not_found',
    });
  });
});

describe('acting by id', () => {
  it.each(UNREADABLE)(
    'does nothing, and does not call an alarm missing, when upstream answers: %s',
    async (shape) => {
      await misshape(EVENTS, shape);
      expectUnreadable(await rig.operate({ operation: 'mark_as_handled', alarmIds: [SEED, ABSENT] }));
      const sent = (await rig.received('/event/operate')).filter(({ bodyText }) => bodyText.includes(SEED));
      expect(sent).toEqual([]);
    },
  );
});

describe('a plan', () => {
  it.each(UNREADABLE)('is not made of nothing when upstream answers: %s', async (shape) => {
    await misshape(EVENTS, shape);
    expectUnreadable(
      await rig.call('POST', '/v1/plans', {
        operation: 'mark_as_handled',
        selector: { status: 'unhandled' },
      }),
    );
  });
});

describe('a listing with a row that has no id', () => {
  it('is neither shown as empty nor planned from', async () => {
    const body = JSON.stringify({ total_num: 1, data_list: [{}] });
    const fault = { kind: 'status', status: 200, body };
    await rig.control('POST', '/faults', [{ match: { path: EVENTS }, times: 'always', fault }]);
    expectUnreadable(await rig.call('GET', '/v1/alarms'));
    const asked = { operation: 'mark_as_handled', selector: { status: 'unhandled' } };
    expectUnreadable(await rig.call('POST', '/v1/plans', asked));
  });
});

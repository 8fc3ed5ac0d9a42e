import { readFileSync } from 'node:fs';

import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { startRig, type Overrides, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';

const OPERATE = '/event/operate';

let rig: Rig;
afterEach(() => rig.close());

const start = async (upstream: Overrides['upstream'] = {}) => {
  rig = await startRig({ upstream });
};
const undo = (id: string) => rig.call('POST', `/v1/operations/${id}/undo`);
const acts = async () => (await rig.received(OPERATE)).length;
const effects = async () =>
  (await touched(rig)).flatMap((alarm) => alarm.effects.map(({ operateType }) => operateType));

/** The body of the line that a newcomer pastes. */
function readmeBody(): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, body = ''] =
    /curl -s http:\/\/127\.0\.0\.1:3000\/v1\/operations [^`]*?-d '([^']*)'/.exec(readme) ?? [];
  return body;
}

describe('the line of the README', () => {
  it('pasted twice is done once, and undoing the second takes nothing back', async () => {
    await start();
    const [first, second] = [
      await rig.operate(undefined, { raw: readmeBody() }),
      await rig.operate(undefined, { raw: readmeBody() }),
    ].map(({ body }) => body as ReceiptDto);
    expect(first?.alarms).toMatchObject([{ outcome: 'applied' }]);
    // It was read to find it, so it is known how it was before.
    expect(first?.alarms[0]).not.toHaveProperty('stateBefore');
    expect(second).toMatchObject({ status: 'applied', alarms: [{ outcome: 'already', verified: true }] });
    expect(second?.exchanges).toEqual([]);
    expect(await acts()).toBe(1);
    expect(problemOf(await undo(second!.id))).toMatchObject({ status: 409, code: 'nothing_to_undo' });
    expect(await acts()).toBe(1);
    const undone = (await undo(first!.id)).body as ReceiptDto;
    expect(undone).toMatchObject({ operation: 'unhandle', status: 'applied' });
    expect(undone).not.toHaveProperty('assumes');
    expect(await effects()).toEqual(['mark_as_handled', 'unhandle']);
  });
});

describe('an alarm named by its id that is so already', () => {
  it.each(['never', 'destructive', 'always'] as const)(
    'is left alone whatever is read otherwise, and the others are sent (verify: %s)',
    async (verify) => {
      await start({ verify });
      const alarms = await addAlarms(rig, 3);
      const alarmIds = alarms.map(({ eventId, occurTime }) => ({ eventId, occurTime }));
      await rig.operate({ operation: 'ignore', alarmIds: alarmIds.slice(0, 1) });
      const { body } = await rig.operate({ operation: 'ignore', alarmIds });
      const receipt = body as ReceiptDto;
      expect(receipt.alarms.map(({ outcome }) => outcome)).toEqual(['already', 'applied', 'applied']);
      expect(receipt.alarms.map(({ stateBefore }) => stateBefore)).toEqual([undefined, undefined, undefined]);
      expect(await effects()).toEqual(['ignore', 'ignore', 'ignore']);
      await undo(receipt.id);
      expect((await touched(rig)).map(({ handleStatus }) => handleStatus)).toEqual([
        'handled',
        'unhandled',
        'unhandled',
      ]);
    },
  );

  it('is left alone in the background too', async () => {
    await start();
    const [alarm] = await addAlarms(rig, 1);
    const body = {
      operation: 'ignore',
      alarmIds: [{ eventId: alarm!.eventId, occurTime: alarm!.occurTime }],
    };
    await rig.operate(body);
    const { id } = (await rig.operate(body, { headers: { Prefer: 'respond-async' } })).body as ReceiptDto;
    const receipt = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
      ({ status }) => status !== 'pending',
    );
    expect(receipt.alarms).toMatchObject([{ outcome: 'already' }]);
    expect(await acts()).toBe(1);
  });
});

describe('two equal requests by id', () => {
  const byId = ({ eventId, occurTime }: NamedAlarm, remark: string) => ({
    remark,
    alarmIds: [{ eventId, occurTime }],
  });
  const ended = async (id: string) =>
    eventually(
      async () => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
      ({ status }) => status !== 'pending',
    );

  it.each([{}, { Prefer: 'respond-async' }])(
    'at the same moment are done once, and the later one says already (%j)',
    async (headers: Record<string, string>) => {
      await start();
      const [alarm] = await addAlarms(rig, 1);
      await rig.control('POST', '/faults', [
        { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs: 200 } },
      ]);
      const answers = await Promise.all(
        ['one', 'other'].map((remark) =>
          rig.operate({ operation: 'ignore', ...byId(alarm!, remark) }, { headers }),
        ),
      );
      const receipts = await Promise.all(answers.map(({ body }) => ended((body as ReceiptDto).id)));
      const fates = receipts.map(({ alarms: [told] }) => told!.outcome);
      expect(fates.sort()).toEqual(['already', 'applied']);
      expect(await acts()).toBe(1);
    },
  );

  it('one after the other are done once where the listing lags', async () => {
    rig = await startRig({}, { listingLagMs: 300 });
    const alarm = alarmFor('add_to_login_whitelist', 0);
    await rig.control('POST', '/alarms', {
      alarms: [{ ...asAdded(alarm), details: alarm.details.map(wired) }],
    });
    for (const remark of ['one', 'other']) {
      const answer = await rig.operate({ operation: 'add_to_login_whitelist', ...byId(alarm, remark) });
      expect([remark, answer.status]).toEqual([remark, 200]);
    }
    expect(await effects()).toEqual(['add_to_login_whitelist']);
  });
});

/** A detail as upstream spells it. */
const wired = (detail: object): object =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value as unknown,
    ]),
  );

describe('an alarm in full of which nothing is read', () => {
  it('says that nobody looked how it was before, and undoing says what it takes for granted', async () => {
    await start();
    const alarms = await addAlarms(rig, 1);
    const ask = async () => (await rig.operate({ operation: 'ignore', alarms })).body as ReceiptDto;
    const receipts = [await ask(), await ask()];
    for (const { alarms: told } of receipts) {
      expect(told).toMatchObject([{ outcome: 'applied', verified: false, stateBefore: 'unknown' }]);
    }
    const undone = (await undo(receipts[1]!.id)).body as ReceiptDto;
    expect(undone).toMatchObject({ status: 'applied', assumes: ['state_before'] });
    const { items } = (await rig.call('GET', '/v1/operations')).body as { items: ReceiptDto[] };
    expect(items.find(({ id }) => id === undone.id)?.assumes).toEqual(['state_before']);
  });

  it('is read where the configuration says so, and both receipts agree with that', async () => {
    await start({ verify: 'always' });
    const alarms = await addAlarms(rig, 1);
    const ask = async () => (await rig.operate({ operation: 'ignore', alarms })).body as ReceiptDto;
    const [first, second] = [await ask(), await ask()];
    expect([first.alarms[0], second.alarms[0]]).toMatchObject([
      { outcome: 'applied' },
      { outcome: 'already' },
    ]);
    expect(first.alarms[0]).not.toHaveProperty('stateBefore');
    expect((await undo(first.id)).body).not.toHaveProperty('assumes');
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { OperationType } from '../src/domain/operation-type.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { touched, type NamedAlarm } from './support/bulk-alarms.js';
import { startRig, unhurried, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';

/** Upstream's front end gives up, and its back end carries the act out a while later. */

const OPERATE = '/event/operate';
const ANSWERS = {
  'a reset': { kind: 'reset', when: 'after_effect' },
  'a 500': { kind: 'status', status: 500, body: '' },
  'a 502 in HTML': { kind: 'html', status: 502 },
  'a 503 in HTML': { kind: 'html', status: 503 },
};
const LATENESS_MS = [50, 200, 1_000];
const TYPES = ['isolate_and_kill', 'add_to_login_whitelist'] as const;
const WAYS = ['waited for', 'in the background'] as const;

interface Asked {
  readonly words: string;
  readonly alarm: NamedAlarm;
  readonly operation: OperationType;
  readonly answer: JsonAnswer;
}

const idOf = ({ body }: JsonAnswer) =>
  (body as { id?: string; operationId?: string }).operationId ?? (body as { id: string }).id;

describe.each([0, 300])('acts that come late, in a listing that lags by %d ms', (listingLagMs) => {
  let rig: Rig;
  let nextAlarm = 0;
  beforeAll(async () => {
    rig = await startRig(
      { callers: [unhurried], upstream: { settleQuietMs: 2_500, settleGiveUpMs: 60_000 } },
      { listingLagMs },
    );
  });
  afterAll(() => rig.close());
  afterEach(() => rig.control('DELETE', '/faults'));
  beforeEach(() => rig.control('DELETE', '/requests'));

  async function ask(operation: OperationType, way: (typeof WAYS)[number], words: string): Promise<Asked> {
    const alarm = alarmFor(operation, nextAlarm++);
    await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
    const headers: Record<string, string> = way === 'in the background' ? { Prefer: 'respond-async' } : {};
    const answer = await rig.operate({ operation, alarms: [alarm] }, { headers });
    return { words: `${operation} ${way}: ${words}`, alarm, operation, answer };
  }

  it('are sent once, done once, unknown at first, and found to be done', async () => {
    const asked: Asked[] = [];
    for (const [name, answer] of Object.entries(ANSWERS)) {
      for (const effectAfterMs of LATENESS_MS) {
        const fault = { ...answer, effect: 'applied', effectAfterMs };
        await rig.control('POST', '/faults', [{ match: { path: OPERATE }, times: 4, fault }]);
        const pairs = TYPES.flatMap((type) => WAYS.map((way) => [type, way] as const));
        const words = `after ${name}, ${effectAfterMs} ms late`;
        asked.push(...(await Promise.all(pairs.map(([type, way]) => ask(type, way, words)))));
        // Those of the background meet the fault too, before it is taken away.
        await eventually(
          () => rig.received(OPERATE),
          (requests) => requests.length >= asked.length,
        );
      }
    }
    const told = asked.filter(({ answer }) => answer.status !== 202);
    expect(new Set(told.map(({ answer }) => problemOf(answer).outcome))).toEqual(new Set(['unknown']));
    expect(new Set(told.map(({ answer }) => problemOf(answer).retryable))).toEqual(new Set([false]));
    for (const { words, answer } of asked) {
      const receipt = await eventually(
        async () => (await rig.call('GET', `/v1/operations/${idOf(answer)}`)).body as ReceiptDto,
        ({ status }) => status !== 'pending' && status !== 'unknown',
      );
      expect([words, receipt.status]).toEqual([words, 'applied']);
    }
    expect(await rig.received(OPERATE)).toHaveLength(asked.length);
    const done = new Map((await touched(rig)).map(({ eventId, effects }) => [eventId, effects.length]));
    for (const { words, alarm } of asked) expect([words, done.get(alarm.eventId)]).toEqual([words, 1]);
  });

  it('are sent again where a state is set, because twice is as good as once', async () => {
    const fault = { kind: 'html', status: 502, effect: 'applied', effectAfterMs: 50 };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, times: 1, fault }]);
    const { answer } = await ask('ignore', 'waited for', '');
    expect([answer.status, answer.body.status]).toEqual([200, 'applied']);
    expect((await rig.received(OPERATE)).length).toBe(2);
  });
});

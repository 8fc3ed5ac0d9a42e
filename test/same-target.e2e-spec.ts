import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { CallerConfig } from '../src/config/config.js';
import type { OperationType } from '../src/domain/operation-type.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { touched, type NamedAlarm } from './support/bulk-alarms.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  sha256,
  startRig,
  unhurried,
  type CallOptions,
  type JsonAnswer,
  type Overrides,
  type Rig,
} from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { startReplica, type Replica } from './support/replicas.js';

/** Acts that do more when they are done twice go one after the other on one target, whoever asks, and wherever. */

// A database server and several gateways start, on a machine that may be busy.
const OPERATE = '/event/operate';
const bot: CallerConfig = { ...unhurried, id: 'bot', keys: [{ sha256: sha256(OTHER_KEY) }] };
const QUICK = { attemptTimeoutMs: 1_000, settleQuietMs: 2_000, settleGiveUpMs: 60_000 };
const ASYNC = { headers: { Prefer: 'respond-async' } };

type Cloud = Pick<Rig, 'control'>;
let made = 0;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Details as upstream names their members. */
const listed = ({ details }: NamedAlarm) =>
  details.map((detail) =>
    Object.fromEntries(Object.entries(detail).map(([name, value]) => [snake(name), value as unknown])),
  );

/** An alarm that no other test knows of. */
async function newAlarm(cloud: Cloud, operation: OperationType): Promise<NamedAlarm> {
  const alarm = alarmFor(operation, made++);
  await cloud.control('POST', '/alarms', { alarms: [{ ...asAdded(alarm), details: listed(alarm) }] });
  return alarm;
}

const inFull = (operation: OperationType, alarm: NamedAlarm) => ({ operation, alarms: [alarm] });
const byId = (operation: OperationType, { eventId }: NamedAlarm) => ({ operation, alarmIds: [eventId] });
const fault = (cloud: Cloud, what: object, times: number | 'always' = 1) =>
  cloud.control('POST', '/faults', [{ match: { path: OPERATE }, times, fault: what }]);
const slow = (cloud: Cloud) => fault(cloud, { kind: 'delay', delayMs: 150 }, 'always');
const effectsOn = async (cloud: Cloud, { eventId }: NamedAlarm): Promise<string[]> => {
  const shown = (await touched(cloud)).find((alarm) => alarm.eventId === eventId);
  return (shown?.effects ?? []).map(({ operateType }) => operateType);
};
const outcomesOf = (answers: readonly JsonAnswer[]) =>
  answers.map(({ body }) => (body as ReceiptDto).alarms?.[0]?.outcome).sort();

/** Idempotency keys that no other test used. */
function withOwnKey(options: CallOptions, { eventId }: NamedAlarm): CallOptions {
  const key = options.headers?.['Idempotency-Key'];
  if (key === undefined) return options;
  return { ...options, headers: { 'Idempotency-Key': `${key} ${eventId}` } };
}

/** The ways in which two ask for the same. */
const PAIRS: readonly (readonly [words: string, one: CallOptions, another: CallOptions])[] = [
  [
    'one caller with two keys',
    { headers: { 'Idempotency-Key': 'pb-1' } },
    { headers: { 'Idempotency-Key': 'pb-2' } },
  ],
  ['two callers', {}, { key: OTHER_KEY }],
  ['one who waits and one who does not', {}, { key: OTHER_KEY, ...ASYNC }],
];

describe('two who ask for the same at once', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ callers: [unhurried, bot], upstream: QUICK });
  });
  afterAll(() => rig.close());
  beforeEach(() => slow(rig));
  afterEach(async () => {
    await rig.control('DELETE', '/faults');
    await rig.control('DELETE', '/requests');
  });

  const ended = async (answer: JsonAnswer): Promise<JsonAnswer> =>
    answer.status !== 202
      ? answer
      : eventually(
          () => rig.call('GET', `/v1/operations/${answer.body.id as string}`, undefined, { key: OTHER_KEY }),
          ({ body }) => (body as ReceiptDto).status !== 'pending',
        );

  const cases = PAIRS.flatMap(([words, ...options]) =>
    (['isolate_and_kill', 'add_to_login_whitelist'] as const).flatMap((operation) =>
      ([inFull, byId] as const).map((named) => [words, operation, named.name, named, options] as const),
    ),
  );
  it.each(cases)(
    '%s: %s, %s, is sent once, and the later one says so',
    async (_, operation, __, named, options) => {
      const alarm = await newAlarm(rig, operation);
      const request = named(operation, alarm);
      const asked = options.map((each) => rig.operate(request, withOwnKey(each, alarm)));
      const answers = await Promise.all(asked);
      expect(outcomesOf(await Promise.all(answers.map(ended)))).toEqual(['already', 'applied']);
      expect(await rig.received(OPERATE)).toHaveLength(1);
      expect(await effectsOn(rig, alarm)).toEqual([operation]);
    },
  );

  it('with parts that meet in another order: each alarm is isolated once, and nobody waits for ever', async () => {
    const alarms = await Promise.all(Array.from({ length: 250 }, () => newAlarm(rig, 'isolate_and_kill')));
    const answers = await Promise.all([
      rig.operate({ operation: 'isolate_and_kill', alarms }),
      rig.operate({ operation: 'isolate_and_kill', alarms: [...alarms].reverse() }, { key: OTHER_KEY }),
    ]);
    const outcomes = answers.flatMap(({ body }) => (body as ReceiptDto).alarms.map(({ outcome }) => outcome));
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(250);
    expect(outcomes.filter((outcome) => outcome === 'already')).toHaveLength(250);
  });

  it('through the drop-in: the later one is a success too, and nothing is sent for it', async () => {
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    const { eventId, eventClassId, eventType, occurTime } = alarm;
    const body = {
      operate_type: 'isolate_and_kill',
      operate_event_list: [
        {
          event_id: eventId,
          event_class_id: eventClassId,
          event_type: eventType,
          occur_time: occurTime,
          operate_detail_list: listed(alarm),
        },
      ],
    };
    const path = `/v5/${rig.simulator.project.id}/event/operate`;
    const answers = await Promise.all([
      rig.call('POST', path, body),
      rig.call('POST', path, body, { key: OTHER_KEY }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await effectsOn(rig, alarm)).toEqual(['isolate_and_kill']);
  });

  it('one to do it and one to take it back: in the order in which they were meant', async () => {
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    const first = rig.operate(inFull('isolate_and_kill', alarm));
    await eventually(
      () => rig.received(OPERATE),
      (requests) => requests.length === 1,
    );
    const answers = await Promise.all([
      first,
      rig.operate(inFull('do_not_isolate_or_kill', alarm), { key: OTHER_KEY }),
    ]);
    expect(answers.map(({ body }) => (body as ReceiptDto).status)).toEqual(['applied', 'applied']);
    expect(await effectsOn(rig, alarm)).toEqual(['isolate_and_kill', 'do_not_isolate_or_kill']);
  });

  it('hold up nobody who only sets a state', async () => {
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    const answers = await Promise.all([
      rig.operate(inFull('ignore', alarm)),
      rig.operate(inFull('ignore', alarm), { key: OTHER_KEY }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await rig.received(OPERATE)).toHaveLength(2);
  });
});

describe('one that is kept from its turn', () => {
  let rig: Rig;
  afterEach(() => rig.close());
  const start = async (upstream: Overrides['upstream'] = {}, more: Overrides = {}) => {
    rig = await startRig({ callers: [portal, bot], upstream: { ...QUICK, ...upstream }, ...more });
  };
  const briefly = (options: CallOptions = {}): CallOptions => ({
    ...options,
    headers: { ...options.headers, 'X-Deadline-Ms': '500' },
  });

  it('is told by which operation, if it may know of it, and may be sent again', async () => {
    await start({ attemptTimeoutMs: 8_000 });
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    await fault(rig, { kind: 'hang', effect: 'none' });
    const lost = rig.operate(inFull('isolate_and_kill', alarm));
    await eventually(
      () => rig.received(OPERATE),
      (requests) => requests.length === 1,
    );
    const key = { headers: { 'Idempotency-Key': 'again' } };
    const own = problemOf(await rig.operate(inFull('isolate_and_kill', alarm), briefly(key)));
    expect(own).toMatchObject({
      status: 409,
      code: 'target_busy',
      retryable: true,
      outcome: 'not_attempted',
    });
    const others = problemOf(await rig.operate(byId('isolate_and_kill', alarm), briefly({ key: OTHER_KEY })));
    expect(others).toMatchObject({ status: 409, code: 'target_busy' });
    const { operationId } = problemOf(await lost);
    expect(own['detail']).toContain(`operation ${operationId as string}`);
    expect(others['detail']).not.toContain(operationId);
    expect(await rig.received(OPERATE)).toHaveLength(1);
    // Nothing was done, so its key carries it out when it comes again: once the earlier one is known not to have been done.
    const again = await eventually(
      () => rig.operate(inFull('isolate_and_kill', alarm), key),
      ({ status }) => status === 200,
    );
    expect(outcomesOf([again])).toEqual(['applied']);
    expect(await effectsOn(rig, alarm)).toEqual(['isolate_and_kill']);
  });

  it('waits while it is not known whether an earlier one was carried out, and then finds that it was', async () => {
    await start();
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    await fault(rig, { kind: 'html', status: 502, effect: 'applied', effectAfterMs: 700 });
    const lost = problemOf(await rig.operate(inFull('isolate_and_kill', alarm)));
    expect(lost).toMatchObject({ outcome: 'unknown' });
    const brief = problemOf(await rig.operate(inFull('isolate_and_kill', alarm), briefly()));
    expect(brief).toMatchObject({ code: 'target_busy', detail: expect.stringContaining('is not known yet') });
    const answer = await rig.operate(inFull('isolate_and_kill', alarm), { key: OTHER_KEY });
    expect(outcomesOf([answer])).toEqual(['already']);
    expect(await effectsOn(rig, alarm)).toEqual(['isolate_and_kill']);
  });

  it('is not sent where the same was done before and nobody can tell whether it still stands', async () => {
    await start();
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    expect((await rig.operate(inFull('isolate_and_kill', alarm))).status).toBe(200);
    await rig.control('POST', '/faults', [
      { match: { path: '/event/events' }, times: 'always', fault: { kind: 'status', status: 500, body: '' } },
    ]);
    const answer = problemOf(await rig.operate(inFull('isolate_and_kill', alarm), { key: OTHER_KEY }));
    expect(answer).toMatchObject({ status: 503, code: 'state_unread', retryable: true });
    expect(await effectsOn(rig, alarm)).toEqual(['isolate_and_kill']);
  });

  it('is done again where it was taken back since', async () => {
    await start();
    const alarm = await newAlarm(rig, 'isolate_and_kill');
    const { id } = (await rig.operate(inFull('isolate_and_kill', alarm))).body as ReceiptDto;
    expect((await rig.call('POST', `/v1/operations/${id}/undo`)).status).toBe(200);
    expect(outcomesOf([await rig.operate(inFull('isolate_and_kill', alarm))])).toEqual(['applied']);
    expect(await effectsOn(rig, alarm)).toEqual([
      'isolate_and_kill',
      'do_not_isolate_or_kill',
      'isolate_and_kill',
    ]);
  });

  it('in the background leaves its place to others meanwhile', async () => {
    await start(
      { attemptTimeoutMs: 8_000 },
      { background: { operationsAtOnce: 1, deadlineMs: 60_000, heartbeatMs: 15_000 } },
    );
    const [held, free] = [await newAlarm(rig, 'isolate_and_kill'), await newAlarm(rig, 'isolate_and_kill')];
    await fault(rig, { kind: 'hang', effect: 'none' });
    const lost = rig.operate(inFull('isolate_and_kill', held));
    await eventually(
      () => rig.received(OPERATE),
      (requests) => requests.length === 1,
    );
    const ids: string[] = [];
    for (const alarm of [held, free])
      ids.push(
        (
          (await rig.operate(inFull('isolate_and_kill', alarm), { ...ASYNC, key: OTHER_KEY }))
            .body as ReceiptDto
        ).id,
      );
    const receipt = async (id = '') =>
      (await rig.call('GET', `/v1/operations/${id}`, undefined, { key: OTHER_KEY })).body as ReceiptDto;
    const done = await eventually(
      () => receipt(ids[1]),
      ({ status }) => status !== 'pending',
    );
    expect([done.status, (await receipt(ids[0])).status]).toEqual(['applied', 'pending']);
    expect(problemOf(await lost)).toMatchObject({ outcome: 'unknown' });
    const later = await eventually(
      () => receipt(ids[0]),
      ({ status }) => status !== 'pending',
    );
    expect(later.status).toBe('applied');
    expect(await effectsOn(rig, held)).toEqual(['isolate_and_kill']);
  });
});

describe('two gateways that share a database', () => {
  let postgres: PostgresServer;
  let simulator: Simulator;
  let two: Replica[];
  let cloud: Cloud;
  beforeAll(async () => {
    postgres = await startPostgres();
    simulator = await startSimulator({ alarms: 0 });
    cloud = {
      control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
    };
    const url = await postgres.createDatabase('gateway');
    const settings = { callers: [unhurried, bot], upstream: QUICK };
    two = await Promise.all([1, 2].map(() => startReplica(simulator, url, 30_000, settings)));
  });
  afterAll(async () => {
    await Promise.all(two.map(({ gateway }) => gateway.close()));
    await simulator.close();
    await postgres.close();
  });
  afterEach(() => cloud.control('DELETE', '/faults'));

  it.each([inFull, byId])('isolate an alarm once, whichever is asked (%p)', async (named) => {
    await slow(cloud);
    const alarms = await Promise.all(Array.from({ length: 8 }, () => newAlarm(cloud, 'isolate_and_kill')));
    const answers = await Promise.all(
      alarms.map((alarm) => {
        const request = named('isolate_and_kill', alarm);
        return Promise.all(
          two.map(({ operate }, index) => operate(request, { key: index ? OTHER_KEY : KEY })),
        );
      }),
    );
    for (const both of answers) expect(outcomesOf(both)).toEqual(['already', 'applied']);
    for (const alarm of alarms) expect(await effectsOn(cloud, alarm)).toEqual(['isolate_and_kill']);
  });

  it('wait for what is not known of each other, and find that it was done', async () => {
    const alarm = await newAlarm(cloud, 'isolate_and_kill');
    await fault(cloud, { kind: 'html', status: 502, effect: 'applied', effectAfterMs: 700 });
    const [one, another] = two;
    expect(problemOf(await one!.operate(inFull('isolate_and_kill', alarm)))).toMatchObject({
      outcome: 'unknown',
    });
    expect(outcomesOf([await another!.operate(inFull('isolate_and_kill', alarm))])).toEqual(['already']);
    expect(await effectsOn(cloud, alarm)).toEqual(['isolate_and_kill']);
  });
});

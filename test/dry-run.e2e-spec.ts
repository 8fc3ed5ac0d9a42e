import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { DryRunDto } from '../src/operations/dry-run/dry-run.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import { LIBRARY_HOST } from '../src/simulator/seed/hosts.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import {
  OTHER_KEY,
  portal,
  sha256,
  startRig,
  unhurried,
  type JsonAnswer,
  type Rig,
} from './support/gateway.js';
import { problemOf, recordsOf } from './support/problems.js';

const OPERATE = '/event/operate';
const FORWARD = OPERATION_TYPE_NAMES.filter((name) => !OPERATIONS[name].isReversal);

let rig: Rig;
let made = 0;

const acts = async () => (await rig.received(OPERATE)).length;
const dry = (body: unknown, options?: object) =>
  rig.call('POST', '/v1/operations?dryRun=true', body, options);
const verdictsOf = ({ body }: JsonAnswer) => (body as DryRunDto).alarms;

describe.each(['always', 'never'] as const)('a dry run, with state read %s around an operation', (verify) => {
  beforeAll(async () => {
    rig = await startRig({
      callers: [unhurried],
      upstream: {
        deadlineMs: 10_000,
        attemptTimeoutMs: 5_000,
        maxAttempts: 1,
        connections: 64,
        // The simulator's listings never lag here, and what is in doubt is read again when this is over.
        settleQuietMs: 100,
        settleGiveUpMs: 60_000,
        verify,
      },
    });
  });
  afterAll(() => rig.close());

  /** One alarm of a generated case: how it was handled before, and what of it is wrong. */
  const alarmCase = fc.record({
    kind: fc.constantFrom<OperationType>('isolate_and_kill', 'add_to_login_whitelist'),
    handledBy: fc.option(fc.constantFrom(...FORWARD), { nil: undefined }),
    wrong: fc.constantFrom(
      undefined,
      undefined,
      undefined,
      undefined,
      'eventId',
      'eventType',
      'occurTime',
      'eventClassId',
    ),
  });
  type AlarmCase = typeof alarmCase extends fc.Arbitrary<infer T> ? T : never;

  async function prepared(cases: readonly AlarmCase[]): Promise<NamedAlarm[]> {
    const alarms = cases.map(({ kind }) => alarmFor(kind, made++));
    await rig.control('POST', '/settings', { agents: { [LIBRARY_HOST.agentId]: 'online' } });
    await rig.control('POST', '/alarms', {
      alarms: alarms.map((alarm) => ({ ...asAdded(alarm), details: [{ agent_id: LIBRARY_HOST.agentId }] })),
    });
    for (const [index, { handledBy }] of cases.entries()) {
      if (handledBy) await rig.operate({ operation: handledBy, alarms: [alarms[index]] });
    }
    return alarms.map((alarm, index) => {
      const { wrong } = cases[index] ?? {};
      if (wrong === 'eventId') return { ...alarm, eventId: `${alarm.eventId.slice(0, -1)}z` };
      if (wrong === 'eventClassId') return { ...alarm, eventClassId: 'crontab_1002' };
      return wrong === undefined ? alarm : { ...alarm, [wrong]: alarm[wrong] + 1 };
    });
  }

  /** What really became of each alarm; one that may have been so already as what the dry run calls it. */
  async function outcomesOf(answer: JsonAnswer, verdicts: readonly string[]): Promise<unknown[]> {
    const { operationId } = answer.body as { operationId?: string };
    const receipt = (
      operationId === undefined ? answer.body : (await rig.call('GET', `/v1/operations/${operationId}`)).body
    ) as ReceiptDto;
    return receipt.alarms.map(({ outcome, stateBefore }, index) =>
      stateBefore === 'unknown' && verdicts[index] === 'already' ? 'already' : outcome,
    );
  }

  it('says of every alarm what then becomes of it, or that upstream does not tell', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OPERATION_TYPE_NAMES),
        fc.array(alarmCase, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('online', 'online', 'offline', 'not_installed'),
        async (operation, cases, agent) => {
          const alarms = await prepared(cases);
          await rig.control('POST', '/settings', { agents: { [LIBRARY_HOST.agentId]: agent } });
          const request = { operation, alarms };
          const before = await acts();
          const rehearsed = await dry(request);
          expect(rehearsed.status).toBe(200);
          expect(await acts()).toBe(before);
          const verdicts = verdictsOf(rehearsed);
          const words = verdicts.map(({ verdict }) => verdict);
          const outcomes = await outcomesOf(await rig.operate(request), words);
          const untold = verdicts.some(({ verdict }) => verdict === 'unknown');
          // Only of an alarm that is handled otherwise does upstream not tell what it takes.
          const handledOtherwise = cases.some(
            ({ handledBy }) => handledBy && ![operation, OPERATIONS[operation].inverse].includes(handledBy),
          );
          if (untold) expect(handledOtherwise).toBe(true);
          else {
            told += 1;
            expect(words).toEqual(outcomes);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(20);
  });

  it('shows the very request that is then sent, but for what proves who sends it', async () => {
    const [alarm] = await prepared([{ kind: 'isolate_and_kill', handledBy: undefined, wrong: undefined }]);
    const request = { operation: 'isolate_and_kill', remark: 'SEC-7', alarms: [alarm] };
    const { requests } = (await dry(request)).body as DryRunDto;
    await rig.control('DELETE', '/requests');
    await rig.operate(request);
    const [sent] = await rig.received(OPERATE);
    expect(requests).toMatchObject([{ method: 'POST', body: sent?.bodyText }]);
    expect(requests[0]?.url.endsWith(sent?.url ?? '-')).toBe(true);
    const headers = new Map(sent?.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const shown = Object.entries(requests[0]?.headers ?? {});
    expect(shown.map(([name]) => name)).toContain('X-Auth-Token');
    for (const [name, value] of shown) {
      if (name === 'X-Auth-Token') expect(value).toBe('***');
      else if (name !== 'X-Request-Id') expect(headers.get(name.toLowerCase())).toBe(value);
    }
  });
});

describe('a dry run', () => {
  beforeAll(async () => {
    rig = await startRig({
      callers: [
        { ...portal, limits: { maxHostsPerHour: 1, destructivePerDay: 50 } },
        {
          id: 'chat-bot',
          keys: [{ sha256: sha256(OTHER_KEY) }],
          grants: [{ operations: ['ignore'], projects: ['*'], enterpriseProjects: ['0'] }],
        },
      ],
    });
  });
  afterAll(() => rig.close());

  it('does nothing, records nothing, and uses nothing up', async () => {
    const alarms = await addAlarms(rig, 2);
    for (let again = 0; again < 3; again += 1) {
      expect((await dry({ operation: 'isolate_and_kill', alarms })).status).toBe(200);
    }
    expect(await touched(rig)).toEqual([]);
    expect(await recordsOf(rig, 'intent')).toEqual([]);
    expect((await rig.call('GET', '/v1/operations')).body).toEqual({ items: [] });
    const real = await rig.operate({ operation: 'isolate_and_kill', alarms });
    expect(real.status).toBe(200);
  });

  it.each<[string, (alarms: readonly NamedAlarm[]) => unknown, object]>([
    ['a grant', (alarms) => ({ operation: 'unhandle', alarms }), { key: OTHER_KEY }],
    [
      'a guard rail',
      (alarms) => ({
        operation: 'isolate_and_kill',
        alarms: alarms.map((alarm) => ({
          ...alarm,
          details: [{ agentId: 'a', processPid: 1, fileHash: 'h', filePath: '/bin/x' }],
        })),
      }),
      {},
    ],
    ['a rule of requests', (alarms) => ({ operation: 'isolated', alarms }), {}],
    [
      'the daily cap',
      (alarms) => ({
        operation: 'isolate_and_kill',
        alarms: alarms.map((alarm, index) => ({ ...alarm, eventId: `cap-${index}` })),
      }),
      {},
    ],
  ])(
    'is refused by what the real one is refused by, in the same words: %s',
    async (name, bodyOf, options) => {
      const alarms = await addAlarms(rig, name === 'the daily cap' ? 51 : 1);
      const rehearsed = problemOf(await dry(bodyOf(alarms), options));
      const real = problemOf(await rig.operate(bodyOf(alarms), options));
      expect({ ...rehearsed, requestId: '', retryAfter: 0 }).toEqual({
        ...real,
        requestId: '',
        retryAfter: 0,
      });
    },
  );

  it('that would engage the brake says so, and engages nothing', async () => {
    const alarms = await addAlarms(rig, 1);
    const onOther = alarms.map((alarm) => ({
      ...alarm,
      details: [{ agentId: 'another-host', processPid: 77, fileHash: 'h', filePath: '/tmp/x' }],
    }));
    await rig.operate({ operation: 'isolate_and_kill', alarms });
    expect(problemOf(await dry({ operation: 'isolate_and_kill', alarms: onOther })).code).toBe(
      'brake_engaged',
    );
    expect((await rig.operate({ operation: 'isolate_and_kill', alarms, remark: 'goes on' })).status).toBe(
      200,
    );
  });

  it('of an undoing says what would be taken back, and takes nothing back', async () => {
    const alarms = await addAlarms(rig, 2);
    const { id } = (await rig.operate({ operation: 'ignore', alarms })).body as ReceiptDto;
    const rehearsed = (await rig.call('POST', `/v1/operations/${id}/undo?dryRun=true`)).body as DryRunDto;
    expect(rehearsed).toMatchObject({ dryRun: true, operation: 'do_not_ignore' });
    expect(rehearsed.alarms.map(({ verdict }) => verdict)).toEqual(['applied', 'applied']);
    expect((await touched(rig)).filter(({ handleStatus }) => handleStatus === 'unhandled')).toEqual([]);
    await rig.call('POST', `/v1/operations/${id}/undo`);
    expect(problemOf(await rig.call('POST', `/v1/operations/${id}/undo?dryRun=true`)).code).toBe(
      'nothing_to_undo',
    );
  });

  it.each(['dryRun=yes', 'dryRun=', 'dryRun=true&dryRun=false', 'dryrun=true', 'dryRun=true&force=1'])(
    'is not guessed from %s',
    async (query) => {
      const alarms = await addAlarms(rig, 1);
      const answer = await rig.call('POST', `/v1/operations?${query}`, { operation: 'ignore', alarms });
      const { status, code, violations } = problemOf(answer);
      expect([status, code]).toEqual([400, 'invalid_request']);
      expect(violations?.every(({ allowed }) => Array.isArray(allowed) && allowed.length > 0)).toBe(true);
      expect(await touched(rig)).not.toContainEqual(expect.objectContaining({ eventId: alarms[0]?.eventId }));
    },
  );
});

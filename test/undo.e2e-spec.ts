import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import type { CallerConfig } from '../src/config/config.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { KEY, OTHER_KEY, portal, sha256, startRig, type CallOptions, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';

const OPERATE = '/event/operate';
const bot: CallerConfig = {
  id: 'chat-bot',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  grants: [{ operations: ['ignore'], projects: ['*'], enterpriseProjects: ['0'] }],
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers: [portal, bot] });
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

interface Sent {
  readonly operate_type: string;
  readonly handler?: string;
  readonly operate_event_list: readonly { readonly event_id: string }[];
}

const undo = (id: string, body?: unknown, options?: CallOptions) =>
  rig.call('POST', `/v1/operations/${id}/undo`, body, options);
const receiptOf = async (id: string) => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const sent = async () => (await rig.received(OPERATE)).map(({ bodyText }) => JSON.parse(bodyText) as Sent);
const outcomesOf = ({ alarms }: ReceiptDto) => alarms.map(({ outcome }) => outcome);

async function done(operation: OperationType, alarms: readonly NamedAlarm[], key = KEY): Promise<ReceiptDto> {
  const answer = await rig.operate({ operation, alarms }, { key });
  expect(answer.status).toBe(200);
  return answer.body as ReceiptDto;
}

async function spoil(fault: object, more: object = {}): Promise<void> {
  await rig.control('POST', '/faults', [{ match: { path: OPERATE }, times: 'always', ...more, fault }]);
}

describe('taking back', () => {
  it.each(OPERATION_TYPE_NAMES.filter((name) => !OPERATIONS[name].isReversal))(
    '%s sends its inverse for the same alarms, in the very words that were sent, and leaves the cloud as it was',
    async (operation) => {
      const alarm = alarmFor(operation, 7);
      await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
      const lists = async () => {
        const state = (await rig.control('GET', '/state?touched=true')).body as Record<string, object[]>;
        const isolated = (state['isolatedFiles'] ?? []).filter(
          (file) => 'status' in file && file.status !== 'restored',
        );
        return { alarm: state['alarmWhitelist'], login: state['loginWhitelist'], isolated };
      };
      const before = await lists();
      const receipt = await done(operation, [alarm]);
      const answer = await undo(receipt.id, { remark: 'SEC-9' });
      const inverse = OPERATIONS[operation].inverse;
      expect([answer.status, answer.body]).toMatchObject([
        200,
        { operation: inverse, status: 'applied', undoes: receipt.id, remark: 'SEC-9', requestedBy: 'portal' },
      ]);
      const [first, second] = await sent();
      expect(second).toEqual({ ...first, operate_type: inverse, handler: 'SEC-9' });
      expect(await touched(rig)).toMatchObject([{ eventId: alarm.eventId, handleStatus: 'unhandled' }]);
      await rig.control('POST', '/clock', { advanceMs: 3_600_000 });
      expect(await lists()).toEqual(before);
      expect((await receiptOf(receipt.id)).undoneBy).toEqual([(answer.body as ReceiptDto).id]);
    },
  );

  it('leaves alone what upstream refused, and says of a second time that nothing is left', async () => {
    const alarms = await addAlarms(rig, 150);
    await spoil({ kind: 'status', status: 400, errorCode: 'HSS.1007' }, { skip: 1, times: 1 });
    const mixed = await rig.operate({ operation: 'ignore', alarms });
    expect(mixed.status).toBe(207);
    const { id } = mixed.body as ReceiptDto;
    const answer = await undo(id);
    expect((answer.body as ReceiptDto).alarms.map(({ eventId }) => eventId)).toEqual(
      alarms.slice(0, 100).map(({ eventId }) => eventId),
    );
    const problem = problemOf(await undo(id));
    expect(problem).toMatchObject({ status: 409, code: 'nothing_to_undo' });
    expect(problem.detail).toContain((answer.body as ReceiptDto).id);
    expect(await sent()).toHaveLength(3);
  });

  it('can be taken back itself, and then be done again', async () => {
    const alarms = await addAlarms(rig, 2);
    const { id } = await done('ignore', alarms);
    const first = (await undo(id)).body as ReceiptDto;
    const redone = (await undo(first.id)).body as ReceiptDto;
    expect(redone).toMatchObject({ operation: 'ignore', status: 'applied', undoes: first.id });
    expect((await touched(rig)).map(({ handleMethod }) => handleMethod)).toEqual(['ignore', 'ignore']);
    const second = (await undo(id)).body as ReceiptDto;
    expect(second).toMatchObject({ operation: 'do_not_ignore', status: 'applied', undoes: id });
    expect((await receiptOf(id)).undoneBy).toEqual([first.id, second.id]);
    expect(problemOf(await undo(id)).code).toBe('nothing_to_undo');
  });

  it('goes on where an earlier undoing was refused', async () => {
    const alarms = await addAlarms(rig, 150);
    const { id } = await done('mark_as_handled', alarms);
    await spoil({ kind: 'status', status: 400, errorCode: 'HSS.1007' }, { skip: 1, times: 1 });
    expect((await undo(id)).status).toBe(207);
    const rest = (await undo(id)).body as ReceiptDto;
    expect([rest.status, rest.alarms.length]).toEqual(['applied', 50]);
    expect((await touched(rig)).filter(({ handleStatus }) => handleStatus === 'handled')).toEqual([]);
  });

  it('leaves rules of the caller’s own on the whitelist, and says so', async () => {
    const alarms = await addAlarms(rig, 1);
    const rule = { eventType: 1001, fieldKey: 'file_path', fieldValue: '/tmp/0', judgeType: 'equal' };
    const answer = await rig.operate({ operation: 'add_to_alarm_whitelist', alarms, whitelistRules: [rule] });
    const undone = await undo((answer.body as ReceiptDto).id);
    expect(undone.body).toMatchObject({ status: 'applied', leaves: ['whitelist_rules'] });
    expect((await sent())[1]).not.toHaveProperty('event_white_rule_list');
  });
});

describe('an operation cannot be taken back', () => {
  it('by another caller, who is not told that it exists', async () => {
    const { id } = await done('ignore', await addAlarms(rig, 1));
    expect(problemOf(await undo(id, undefined, { key: OTHER_KEY }))).toMatchObject({
      status: 404,
      code: 'operation_not_found',
    });
    expect(problemOf(await undo('no-id')).code).toBe('operation_not_found');
  });

  it('without a grant for its inverse', async () => {
    const { id } = await done('ignore', await addAlarms(rig, 1), OTHER_KEY);
    const problem = problemOf(await undo(id, undefined, { key: OTHER_KEY }));
    expect(problem).toMatchObject({ status: 403, code: 'not_granted' });
    expect(problem.detail).toContain('do_not_ignore');
    expect(await sent()).toHaveLength(1);
  });

  it('while it runs', async () => {
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'delay', delayMs: 700 });
    const running = rig.operate({ operation: 'ignore', alarms });
    const [pending] = await eventually(
      async () =>
        (
          (await rig.call('GET', `/v1/operations?alarm=${alarms[0]?.eventId}&status=pending`)).body as {
            items: ReceiptDto[];
          }
        ).items,
      (items) => items.length > 0,
    );
    expect(problemOf(await undo(pending?.id ?? ''))).toMatchObject({
      status: 409,
      code: 'operation_running',
      retryable: true,
      retryAfter: 1,
    });
    expect((await running).status).toBe(200);
  });

  it('where nothing is known to have been done', async () => {
    const alarms = await addAlarms(rig, 1);
    await spoil({ kind: 'reset', when: 'before_effect' });
    const lost = problemOf(await rig.operate({ operation: 'ignore', alarms }));
    expect(lost.outcome).toBe('unknown');
    const problem = problemOf(await undo(lost.operationId ?? ''));
    expect(problem).toMatchObject({ status: 409, code: 'nothing_to_undo' });
    expect(problem.detail).toContain('1 of its alarms is not known');
  });

  it('with a body that is wrong, or a parameter that does not exist', async () => {
    const { id } = await done('ignore', await addAlarms(rig, 1));
    const problem = problemOf(await undo(id, { remark: '', alarms: [] }));
    expect(problem.violations?.map(({ pointer }) => pointer)).toEqual(['/alarms', '/remark']);
    expect((await rig.call('POST', `/v1/operations/${id}/undo?force=1`)).status).toBe(400);
    expect(await sent()).toHaveLength(1);
  });
});

describe('the same undoing', () => {
  it('under an Idempotency-Key is answered as before, although nothing is left to take back', async () => {
    const { id } = await done('ignore', await addAlarms(rig, 1));
    const under = { headers: { 'Idempotency-Key': 'undo-1' } };
    const first = await undo(id, undefined, under);
    const again = await undo(id, undefined, under);
    expect([again.status, again.headers.get('Idempotency-Replayed'), again.body]).toEqual([
      200,
      'true',
      first.body,
    ]);
    expect(problemOf(await undo(id, { remark: 'other' }, under)).code).toBe('idempotency_key_reused');
    expect(await sent()).toHaveLength(2);
  });

  it('asked for many times at once happens once', async () => {
    const { id } = await done('ignore', await addAlarms(rig, 1));
    await spoil({ kind: 'delay', delayMs: 200 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        undo(
          id,
          { remark: `${index % 10}` },
          { headers: index < 10 ? {} : { 'Idempotency-Key': `u-${index}` } },
        ),
      ),
    );
    expect(await sent()).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
    for (const { status, body } of answers) {
      // One that came late found all of it taken back.
      if (status !== 200)
        expect(['undo_running', 'nothing_to_undo']).toContain((body as { code: string }).code);
    }
    expect((await receiptOf(id)).undoneBy).toHaveLength(1);
    expect(outcomesOf((await receiptOf(id)) ?? [])).toEqual(['applied']);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import { LIBRARY_HOST } from '../src/simulator/seed/hosts.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { KEY, portal, sha256, startRig, type CallOptions, type Rig } from './support/gateway.js';
import { problemOf } from './support/problems.js';

/** What a request says of alarms that it describes in full, and what upstream lists of them. */

const OPERATE = '/event/operate';
const OTHER_AGENT = 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8';
const careful: CallerConfig = {
  id: 'careful',
  keys: [{ sha256: sha256('secret-of-careful') }],
  grants: [{ operations: ['*'], projects: ['*'], enterpriseProjects: ['*'], byIdOnly: true }],
};
const asCareful = { key: 'secret-of-careful' };

let rig: Rig;
let alarm: NamedAlarm;
let nextAlarm = 0;
beforeAll(async () => {
  rig = await startRig({ callers: [portal, careful] });
});
afterAll(() => rig.close());
beforeEach(async () => {
  alarm = await newAlarm();
});

async function newAlarm(): Promise<NamedAlarm> {
  const added = alarmFor('isolate_and_kill', nextAlarm++);
  const { details, ...rest } = added;
  const [{ agentId }] = details as [{ agentId: string }];
  await rig.control('POST', '/alarms', { alarms: [{ ...asAdded(added), details: [{ agent_id: agentId }] }] });
  await rig.control('DELETE', '/requests');
  return { ...rest, details };
}

const detailed = (of: NamedAlarm, more: object): NamedAlarm => ({
  ...of,
  details: of.details.map((detail) => ({ ...detail, ...more })),
});
const kill = (alarms: readonly object[], options?: CallOptions) =>
  rig.operate({ operation: 'isolate_and_kill', alarms }, options);
const acts = () => rig.received(OPERATE);

describe('an isolation of an alarm that upstream lists otherwise', () => {
  it.each<[string, (of: NamedAlarm) => NamedAlarm]>([
    ['agent_id', (of) => detailed(of, { agentId: OTHER_AGENT })],
    ['event_type', (of) => ({ ...of, eventType: 1010 })],
    ['event_class_id', (of) => ({ ...of, eventClassId: 'malware_1002' })],
  ])('is refused, and says that it is its %s', async (field, wrong) => {
    const problem = problemOf(await kill([wrong(alarm)]));
    expect(problem).toMatchObject({
      status: 409,
      code: 'alarm_mismatch',
      outcome: 'not_attempted',
      retryable: false,
    });
    expect(problem.detail).toContain(`alarm ${alarm.eventId} is not what upstream lists: ${field}.`);
    expect(await acts()).toEqual([]);
    const receipt = await rig.call('GET', `/v1/operations/${problem.operationId}`);
    expect(receipt.body.alarms).toMatchObject([{ outcome: 'not_attempted', reason: 'alarm_mismatch' }]);
  });

  it('does not pass as one host where several are meant', async () => {
    const others = [await newAlarm(), await newAlarm()];
    const named = [alarm, ...others].map((each) => detailed(each, { agentId: OTHER_AGENT }));
    expect(problemOf(await kill(named)).code).toBe('alarm_mismatch');
    expect(await acts()).toEqual([]);
  });

  it('is refused through the drop-in too', async () => {
    const { eventId, eventClassId, eventType, occurTime } = alarm;
    const event = {
      event_id: eventId,
      event_class_id: eventClassId,
      event_type: eventType,
      occur_time: occurTime,
      operate_detail_list: [
        { agent_id: OTHER_AGENT, process_pid: 3123, file_hash: 'a'.repeat(64), file_path: '/tmp/x' },
      ],
    };
    const path = `/v5/${rig.simulator.project.id}/event/operate`;
    const body = { operate_type: 'isolate_and_kill', operate_event_list: [event] };
    const answer = await rig.call('POST', path, body, { key: null, headers: { 'X-Auth-Token': KEY } });
    expect([answer.status, answer.body.error_code]).toEqual([400, 'APIGW.0201']);
    expect(answer.body.error_msg).toContain('is not what upstream lists');
    expect(await acts()).toEqual([]);
  });

  it('is told so by a dry run', async () => {
    const asked = { operation: 'isolate_and_kill', alarms: [{ ...alarm, eventType: 1010 }] };
    const { body } = await rig.call('POST', '/v1/operations?dryRun=true', asked);
    expect(body.alarms).toMatchObject([{ verdict: 'not_attempted', reason: 'alarm_mismatch' }]);
  });

  it('is left to upstream where only the letter case of the agent differs', async () => {
    const named = detailed(alarm, { agentId: LIBRARY_HOST.agentId.toUpperCase() });
    expect((await kill([named])).body.code).not.toBe('alarm_mismatch');
    expect(await acts()).toHaveLength(1);
  });

  it('does not hold up taking back', async () => {
    await kill([alarm]);
    const wrong = { ...alarm, eventType: 1010 };
    const answer = await rig.operate({ operation: 'do_not_isolate_or_kill', alarms: [wrong] });
    expect(answer.body.code).not.toBe('alarm_mismatch');
  });

  it('is taken at its word where nothing is read', async () => {
    const wrong = { ...alarm, eventType: 1010 };
    const answer = await rig.operate({ operation: 'mark_as_handled', alarms: [wrong] });
    expect(answer.body.code).not.toBe('alarm_mismatch');
    expect(await acts()).toHaveLength(1);
  });
});

describe('a grant for alarms that are named by their ids', () => {
  const byId = () => ({
    operation: 'isolate_and_kill',
    alarmIds: [{ eventId: alarm.eventId, occurTime: alarm.occurTime }],
  });

  it('is told to its caller', async () => {
    const { body } = await rig.call('GET', '/v1/me', undefined, asCareful);
    expect(body.grants).toMatchObject([{ byIdOnly: true }]);
  });

  it('covers none that the request describes', async () => {
    const problem = problemOf(await kill([alarm], asCareful));
    expect(problem).toMatchObject({ status: 403, code: 'not_granted' });
    expect(problem.detail).toContain(
      'alarms of event type 1001 and unknown severity that are not named by their ids (alarmIds)',
    );
    const path = `/v5/${rig.simulator.project.id}/event/operate`;
    const {
      eventId: event_id,
      eventClassId: event_class_id,
      eventType: event_type,
      occurTime: occur_time,
    } = alarm;
    const event = { event_id, event_class_id, event_type, occur_time, operate_detail_list: [] };
    const body = { operate_type: 'ignore', operate_event_list: [event] };
    const dropIn = await rig.call('POST', path, body, {
      key: null,
      headers: { 'X-Auth-Token': asCareful.key },
    });
    expect([dropIn.status, dropIn.body.error_code]).toEqual([400, 'HSS.0013']);
    expect(await acts()).toEqual([]);
  });

  it('covers them by their ids, in plans, and when they are taken back', async () => {
    const done = await rig.operate({ ...byId(), operation: 'ignore' }, asCareful);
    expect(done.body).toMatchObject({ status: 'applied' });
    const undone = await rig.call('POST', `/v1/operations/${done.body.id}/undo`, undefined, asCareful);
    expect(undone.body).toMatchObject({ status: 'applied' });
    const selector = { eventType: [1001], from: alarm.occurTime, to: alarm.occurTime };
    const plan = await rig.call('POST', '/v1/plans', { operation: 'ignore', selector, limit: 1 }, asCareful);
    expect(plan.body.alarms).toMatchObject([{ verdict: 'accepted' }]);
    const applied = await rig.call(
      'POST',
      `/v1/plans/${plan.body.id}/apply`,
      { digest: plan.body.digest },
      asCareful,
    );
    expect(applied.body).toMatchObject({ status: 'applied' });
  });
});

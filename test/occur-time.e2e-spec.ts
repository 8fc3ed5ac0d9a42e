import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { AuditEngine } from '../src/audit/audit.engine.js';
import { startRig, type Rig } from './support/gateway.js';
import { faultsIn, problemOf, requestsUpstream } from './support/problems.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
});

const body = (eventId: string, literal: string, eventClassId = 'malware_1001', eventType = 1001): string =>
  `{"operation":"ignore","alarms":[{"eventId":"${eventId}","eventClassId":"${eventClassId}","eventType":${eventType},"occurTime":${literal}}]}`;

/** The digits of `occur_time` as they stand in what upstream received. */
async function digitsUpstream(): Promise<string | undefined> {
  const [request] = await rig.received('/event/operate');
  return /"occur_time":([^,}]+)/.exec(request?.bodyText ?? '')?.[1];
}

describe('the end of time', () => {
  it.each(['9223372036854775807', '"9223372036854775807"'])(
    'given as %s arrives with every digit',
    async (literal) => {
      const { endOfTime } = rig.simulator.specialAlarms;
      const answer = await rig.operate(undefined, { raw: body(endOfTime, literal) });
      // Upstream finds an alarm by its exact time, so this is more than the digits in a log.
      expect([answer.status, answer.body]).toMatchObject([200, { status: 'applied' }]);
      expect(await digitsUpstream()).toBe('9223372036854775807');
      const { id } = answer.body as { id: string };
      expect((await rig.call('GET', `/v1/operations/${id}`)).body).toEqual(answer.body);
    },
  );

  it('is kept with every digit in the trail', async () => {
    const { endOfTime } = rig.simulator.specialAlarms;
    await rig.operate(undefined, { raw: body(endOfTime, '9223372036854775807') });
    const engine = rig.gateway.app.get(AuditEngine, { strict: false });
    const [row] = await engine.query(
      "SELECT body FROM audit_record WHERE kind = 'intent' ORDER BY seq DESC LIMIT 1",
      [],
    );
    expect(row?.['body']).toContain('"occur_time":9223372036854775807');
  });

  it.each(['9223372036854775806', '"9223372036854775806"'])(
    'minus a millisecond, %s, is another alarm',
    async (literal) => {
      const { endOfTime } = rig.simulator.specialAlarms;
      const problem = problemOf(await rig.operate(undefined, { raw: body(endOfTime, literal) }));
      expect(problem).toMatchObject({ status: 404, code: 'alarm_not_found', outcome: 'rejected' });
      expect(await digitsUpstream()).toBe('9223372036854775806');
    },
  );
});

describe('a time', () => {
  it.each([
    ['1e3', '1000'],
    ['1.0', '1'],
    ['-0', '0'],
    ['1672046760353.000', '1672046760353'],
    ['16720467603530e-1', '1672046760353'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740993', '9007199254740993'],
    ['"0001672046760353"', '1672046760353'],
    ['"2022-12-26T09:26:00.353Z"', '1672046760353'],
    ['"2022-12-26T17:26:00.353+08:00"', '1672046760353'],
  ])('given as %s goes upstream as %s, and is found', async (literal, digits) => {
    const alarm = { eventId: 'mine', eventClassId: 'malware_1001', eventType: 1001 };
    const raw = `{"alarms":[${JSON.stringify(alarm).replace('}', `,"occurTime":${digits}}`)}]}`;
    const added = await fetch(`${rig.simulator.url}/__control/alarms`, { method: 'POST', body: raw });
    expect(added.status).toBe(200);
    const answer = await rig.operate(undefined, { raw: body('mine', literal) });
    expect([answer.status, await digitsUpstream()]).toEqual([200, digits]);
  });

  it.each([
    '9223372036854775808',
    '"9223372036854775808"',
    '1672046760353.0000001',
    '1672046760353.5',
    '1e-400',
    '1e19',
    '-1',
    '"1e3"',
    '"-0"',
    'null',
    '""',
    '"2022-12-26T09:26:00.3530001Z"',
  ])('given as %s is refused, and nothing goes upstream', async (literal) => {
    const before = await requestsUpstream(rig);
    const problem = problemOf(await rig.operate(undefined, { raw: body('mine', literal) }));
    expect([problem.status, faultsIn(problem)]).toEqual([400, ['/alarms/0/occurTime occur_time']]);
    expect(await requestsUpstream(rig)).toBe(before);
  });
});

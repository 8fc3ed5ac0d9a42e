import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { requestFromPayload } from './support/contract-request.js';
import { startRig, type Rig } from './support/gateway.js';
import { loadHssContract } from './support/hss-contract.js';

const seedAlarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

describe('handling an alarm', () => {
  it('answers a receipt of what was applied', async () => {
    const answer = await rig.operate({ operation: 'mark_as_handled', remark: 'SEC-1', alarms: [seedAlarm] });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      operation: 'mark_as_handled',
      status: 'applied',
      scope: { project: 'test', region: 'cn-north-4', enterpriseProjectId: '0' },
      alarms: [{ eventId: seedAlarm.eventId, outcome: 'applied', verified: false }],
      requestedBy: 'portal',
      remark: 'SEC-1',
      exchanges: [{ alarmCount: 1, attempts: 1, httpStatus: 200, bytesSent: true }],
    });
  });

  it('reads the same receipt back by its id', async () => {
    const { body } = await rig.operate({ operation: 'ignore', alarms: [seedAlarm] });
    const again = await rig.call('GET', `/v1/operations/${body.id}`);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(body);
  });
});

describe('the example payloads of the contract', () => {
  const contract = loadHssContract();

  it.each(CONTRACT_PAYLOADS)('$name arrives upstream as the contract has it', async ({ query, body }) => {
    const answer = await rig.operate(requestFromPayload(query, body));
    expect(answer.body).toMatchObject({ status: 'applied' });
    const [request, ...more] = await rig.received('/event/operate');
    expect(more).toEqual([]);
    expect(JSON.parse(request?.bodyText ?? '')).toEqual(JSON.parse(body));
    const sent = new URL(request?.url ?? '', 'http://upstream');
    expect([...sent.searchParams].sort()).toEqual([...new URLSearchParams(query)].sort());
    expect(
      contract.requestViolations({ ...request!, headers: Object.fromEntries(request!.headers) }),
    ).toEqual([]);
  });
});

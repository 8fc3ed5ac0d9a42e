import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, KEY, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** What upstream says of a refusal reaches whoever asked, in every shape that it has, and never as more than a word. */

const OPERATE = '/event/operate';
const SHAPES: readonly (readonly [name: string, body: (message: string) => object])[] = [
  ['error_code', (error_msg) => ({ error_code: 'HSS.1007', error_msg })],
  ['error_description', (error_description) => ({ error_code: 'HSS.1007', error_description })],
  ['errorCode', (errorMsg) => ({ errorCode: 'HSS.1007', errorMsg })],
  ['code', (message) => ({ code: 'HSS.1007', message })],
  ['error.code', (message) => ({ error: { code: 'HSS.1007', message } })],
  ['error.error_code', (error_msg) => ({ error: { error_code: 'HSS.1007', error_msg } })],
];
const SAID = 'the agent of host-15 is 离线';

let rig: Rig;
let alarms: NamedAlarm[];
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  alarms = await addAlarms(rig, 1);
});

async function refuse(body: object | string, status = 400, path = OPERATE): Promise<void> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const fault = { kind: 'status', status, body: text };
  await rig.control('POST', '/faults', [{ match: { path }, times: 'always', fault }]);
}

/** The same by upstream's own contract. */
const dropIn = async (): Promise<JsonAnswer> => {
  const { eventId, eventClassId, eventType, occurTime } = alarms[0]!;
  const event = {
    ...{ event_id: eventId, event_class_id: eventClassId, event_type: eventType, occur_time: occurTime },
    operate_detail_list: [],
  };
  const url = `${rig.gateway.url}/v5/${rig.simulator.project.id}${OPERATE}`;
  const body = { operate_type: 'ignore', operate_event_list: [event] };
  return fetchJson('POST', url, body, { headers: { 'X-Auth-Token': KEY } });
};

const ignore = () => rig.operate({ operation: 'ignore', alarms });

describe.each(SHAPES)('a refusal in %s', (_, bodyOf) => {
  it('is told by its code and its words, in the problem and in the receipt', async () => {
    await refuse(bodyOf(SAID));
    const problem = problemOf(await ignore());
    expect(problem).toMatchObject({
      status: 409,
      code: 'agent_offline',
      outcome: 'rejected',
      upstream: { code: 'HSS.1007', message: SAID },
    });
    const receipt = (await rig.call('GET', `/v1/operations/${problem.operationId}`)).body as ReceiptDto;
    expect(receipt.exchanges).toMatchObject([
      { problem: { code: 'agent_offline', upstreamCode: 'HSS.1007', upstreamMessage: SAID } },
    ]);
  });

  it('is told to a client of upstream in its own words', async () => {
    await refuse(bodyOf(SAID));
    const answer = await dropIn();
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        error_code: 'HSS.1007',
        error_msg: SAID,
        request_id: expect.any(String),
      },
    ]);
  });

  it('is told to whoever reads a list', async () => {
    await refuse(bodyOf(SAID), 400, '/event/events');
    expect(problemOf(await rig.call('GET', '/v1/alarms'))).toMatchObject({
      code: 'upstream_refused',
      upstream: { code: 'HSS.1007', message: SAID },
    });
  });
});

describe('an HTTP 200 that is no success', () => {
  it.each(['null', '{"error":"forbidden"}', '{"code":500,"message":"x"}', '{"code":200,"message":"ok"}'])(
    'is told to a client of upstream as what is not known, never as a refusal: %s',
    async (body) => {
      await refuse(body, 200);
      expect((await dropIn()).status).toBe(504);
    },
  );

  it('is told to a client of upstream as a refusal where a code of it says so', async () => {
    await refuse({ errorCode: 'HSS.1007', errorMsg: SAID }, 200);
    const answer = await dropIn();
    expect([answer.status, answer.body]).toMatchObject([400, { error_code: 'HSS.1007' }]);
  });

  it('does not count as an outage: what comes next is sent as ever', async () => {
    await refuse('null', 200);
    const more = await addAlarms(rig, 30);
    const answers = await Promise.all(
      more.map((alarm) => rig.operate({ operation: 'ignore', alarms: [alarm] })),
    );
    expect(new Set(answers.map((answer) => problemOf(answer).code))).toEqual(
      new Set(['upstream_unreadable']),
    );
  });
});

describe("upstream's words", () => {
  it('are cut, put in one line, and robbed of what looks like a secret', async () => {
    await refuse({
      error_code: 'HSS.1007',
      error_msg: `two\r\nlines,\u0000 password=Hunter2, token ${'aB3-'.repeat(30)} ${'x '.repeat(400)}`,
    });
    const { message = '' } = problemOf(await ignore()).upstream as { message?: string };
    expect(message).toMatch(/^two lines, password=\*\*\*, token \*\*\* (?:x )+…$/);
    expect(message.length).toBeLessThanOrEqual(256);
  });

  it('never repeat the token that the request was sent with, whatever it looks like', async () => {
    await ignore();
    const [sent] = await rig.received(OPERATE);
    const token = sent?.headers.find(([name]) => name.toLowerCase() === 'x-auth-token')?.[1] ?? '';
    expect(token.length).toBeGreaterThan(20);
    await refuse({ error_code: 'HSS.1007', error_msg: `the ticket ${token} is fine` });
    const answer = await ignore();
    expect(problemOf(answer).upstream).toMatchObject({ message: 'the ticket *** is fine' });
    expect(answer.text).not.toContain(token);
  });

  it.each(['{"error_msg":7}', '{"error_msg":{"a":1}}', '{"error_msg":null}', '{"error_msg":" "}', '<html>'])(
    'are left out where there are none: %s',
    async (body) => {
      await refuse(body);
      expect(problemOf(await ignore()).upstream ?? {}).not.toHaveProperty('message');
    },
  );
});

describe('the log', () => {
  let cloud: Simulator;
  let folder: string;
  let gateway: StandingGateway;
  beforeAll(async () => {
    cloud = await startSimulator({ alarms: 0 });
    folder = newFolder();
    gateway = await standGateway({ simulator: cloud, folder });
  });
  afterAll(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    await cloud.close();
    removeFolder(folder);
  });

  it('has what upstream said of a request that it refused', async () => {
    const control: Rig['control'] = (method, path, body) =>
      fetchJson(method, `${cloud.url}/__control${path}`, body, {});
    const [alarm] = await addAlarms({ control }, 1);
    const body = JSON.stringify({ errorCode: 'HSS.1007', errorMsg: SAID });
    await control('POST', '/faults', [
      { match: { path: OPERATE }, times: 'always', fault: { kind: 'status', status: 400, body } },
    ]);
    const answer = await gateway.operate({ operation: 'ignore', alarms: [alarm] });
    expect(answer.status).toBe(409);
    const line = await eventually(
      () => gateway.lines().find(({ problem }) => problem === 'agent_offline'),
      (found) => found !== undefined,
    );
    expect(line).toMatchObject({
      msg: 'request',
      upstream: { code: 'HSS.1007', message: SAID },
    });
  });
});

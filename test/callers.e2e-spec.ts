import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { CallerConfig, KeyConfig } from '../src/config/config.js';
import { LIST_OPERATION_NAMES, OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { startGateway } from '../src/start.js';
import type { IntentRecord, RefusalRecord } from '../src/audit/audit-record.js';
import { BEHIND_A_PROXY, from, newAddress } from './support/addresses.js';
import { fetchJson, portal, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually, problemOf, recordsOf, refusalOf, sendRaw } from './support/problems.js';

const alarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
};
const ignore = { operation: 'ignore', alarms: [alarm] };

const key = (text: string, more: Partial<KeyConfig> = {}): KeyConfig => ({ sha256: sha256(text), ...more });
const everything = { operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] } as const;

const callers: CallerConfig[] = [
  portal,
  {
    id: 'rotating',
    keys: [
      key('blue-secret', { id: 'blue' }),
      key('green-secret', { id: 'green' }),
      key('past-secret', { id: 'past', expiresAt: 1 }),
    ],
    grants: [everything],
  },
  { id: 'bot', keys: [key('bot-secret')], grants: [everything], onBehalfOf: true },
  { id: 'office', keys: [key('office-secret')], grants: [everything], from: ['10.0.0.0/8'] },
  { id: 'reader', keys: [key('reader-secret')], grants: [{ ...everything, rights: ['read'] }] },
  { id: 'actor', keys: [key('actor-secret')], grants: [{ ...everything, rights: ['act'] }] },
  {
    id: 'careful',
    keys: [key('careful-secret', { id: 'careful-1', expiresAt: Date.parse('2037-01-01T00:00:00Z') })],
    grants: [
      {
        operations: ['ignore', 'add_to_alarm_whitelist'],
        projects: ['test'],
        enterpriseProjects: ['0'],
        eventTypes: [1010],
      },
    ],
    denials: [{ operations: ['isolate_and_kill'] }],
  },
];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers, listen: BEHIND_A_PROXY });
});
afterAll(() => rig.close());

const me = (secret: string | null, headers: Record<string, string> = from(newAddress())) =>
  rig.call('GET', '/v1/me', undefined, { key: secret, headers });
const detailOf = ({ body }: JsonAnswer) => String((body as { detail?: unknown }).detail);
const receiptOf = ({ body }: JsonAnswer) => body as { id: string; status: string };
/** The body of the answer to a request with these lines, as clients would not write them. */
async function getRaw(lines: readonly string[]): Promise<unknown> {
  const head = ['GET /v1/me HTTP/1.1', 'Host: x', 'Connection: close', `X-Forwarded-For: ${newAddress()}`];
  const answer = await sendRaw(rig.gateway.url, [...head, ...lines, '', ''].join('\r\n'));
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
}
const refusals = () => recordsOf<RefusalRecord>(rig, 'refusal');
const refusalFor = (answer: JsonAnswer) => refusalOf(rig, problemOf(answer).requestId);
const intentOf = async (id: string) =>
  (await recordsOf<IntentRecord>(rig, 'intent')).find(({ operationId }) => operationId === id);

describe('keys', () => {
  it('of one caller work side by side, and records tell which was used', async () => {
    for (const color of ['blue', 'green']) {
      const body = receiptOf(await rig.operate(ignore, { key: `${color}-secret` }));
      expect(body).toMatchObject({ status: 'applied', requestedBy: 'rotating' });
      expect(await intentOf(body.id)).toMatchObject({
        caller: 'rotating',
        credential: { kind: 'key', id: color },
      });
    }
  });

  it('are refused when they have expired, and the record tells whose it was', async () => {
    const answer = await me('past-secret');
    expect(answer).toMatchObject({ status: 401, body: { code: 'expired_key' } });
    expect(await refusalFor(answer)).toMatchObject({
      caller: 'rotating',
      credential: { kind: 'key', id: 'past' },
      code: 'expired_key',
    });
  });

  it.each(['/v1/me?key=blue-secret', '/v1/me?access_token=blue-secret', '/v1/me?X-Api-Key=blue-secret'])(
    'are not taken from a query: %s',
    async (path) => {
      const answer = await rig.call('GET', path, undefined, { key: null, headers: from(newAddress()) });
      expect(answer).toMatchObject({ status: 401, body: { code: 'missing_key' } });
    },
  );

  it.each([
    [['Authorization: Bearer blue-secret', 'Authorization: Bearer green-secret']],
    [['Authorization: Bearer blue-secret', 'AUTHORIZATION: Bearer blue-secret']],
    [['X-Api-Key: blue-secret', 'X-Api-Key: green-secret']],
    [['Authorization: Bearer blue-secret', 'x-api-key: blue-secret']],
  ])('are refused when two are sent: %j', async (headers) => {
    expect(await getRaw(headers)).toMatchObject({ status: 401, code: 'two_keys' });
  });

  it('are used only from where they may be, and elsewhere the record tells whose it was', async () => {
    expect((await me('office-secret', from('10.20.30.40'))).status).toBe(200);
    const answer = await me('office-secret', from('192.0.2.99'));
    expect(answer).toMatchObject({ status: 403, body: { code: 'address_not_allowed' } });
    expect(await refusalFor(answer)).toMatchObject({ caller: 'office', address: '192.0.2.99' });
  });
});

describe('an address that a caller only says it has', () => {
  it('is not believed when no proxy is trusted', async () => {
    const plain = await startRig({ callers });
    const answer = await plain.call('GET', '/v1/me', undefined, {
      key: 'office-secret',
      headers: from('10.20.30.40'),
    });
    await plain.close();
    expect(answer).toMatchObject({ status: 403, body: { code: 'address_not_allowed' } });
  });
});

describe('failures to prove who one is', () => {
  it('are slowed down by address, while valid keys from there are served at once', async () => {
    const address = newAddress();
    const before = (await refusals()).length;
    const answers: Awaited<ReturnType<typeof me>>[] = [];
    for (let count = 0; count < 15; count += 1) answers.push(await me('planted-wrong-secret', from(address)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(10).fill(401),
      ...Array<number>(5).fill(429),
    ]);
    const slowed = answers.at(-1);
    expect(slowed?.body).toMatchObject({ code: 'too_many_failures', retryable: true });
    expect(Number(slowed?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await me('blue-secret', from(address))).status).toBe(200);
    expect((await me('planted-wrong-secret', from(newAddress()))).status).toBe(401);
    // The ten, and the one from the other address; those that were slowed are counted.
    const recorded = (await eventually(refusals, (all) => all.length >= before + 11)).slice(before);
    const own = recorded.filter((record) => record.address === address);
    expect(own.slice(0, 10).map(({ status }) => status)).toEqual(Array<number>(10).fill(401));
    expect(recorded.at(-1)).toMatchObject({ status: 401 });
    expect(recorded.at(-1)?.address).not.toBe(address);
  });

  it('are recorded without what was presented', async () => {
    await me('planted-wrong-secret');
    await rig.call('GET', '/v1/me', undefined, {
      key: null,
      headers: { Authorization: 'Basic planted-wrong-secret' },
    });
    const all = JSON.stringify(await refusals());
    expect(all).not.toContain('planted');
    for (const { keys } of callers) for (const { sha256: digest } of keys) expect(all).not.toContain(digest);
  });
});

describe('the human behind a bot', () => {
  const behalf = (name: string) => ({ 'X-On-Behalf-Of': name, ...from(newAddress()) });

  it('is kept beside the caller in the intent and the receipt', async () => {
    const headers = behalf('jane.doe@example.com');
    const body = receiptOf(await rig.operate(ignore, { key: 'bot-secret', headers }));
    expect(body).toMatchObject({ requestedBy: 'bot', onBehalfOf: 'jane.doe@example.com' });
    const again = await rig.call('GET', `/v1/operations/${body.id}`, undefined, { key: 'bot-secret' });
    expect(again.body).toEqual(body);
    expect(await intentOf(body.id)).toMatchObject({ caller: 'bot', onBehalfOf: 'jane.doe@example.com' });
  });

  it('is kept beside the caller in a refusal', async () => {
    const nowhere = { ...ignore, scope: { project: 'nowhere' } };
    const answer = await rig.operate(nowhere, { key: 'bot-secret', headers: behalf('jane') });
    expect(answer.status).toBe(400);
    expect(await refusalFor(answer)).toMatchObject({
      caller: 'bot',
      onBehalfOf: 'jane',
      code: 'invalid_request',
    });
  });

  it('may not be named by a caller that was not given the word', async () => {
    await rig.control('DELETE', '/requests');
    const answer = await rig.operate(ignore, { key: 'blue-secret', headers: behalf('jane') });
    expect(answer).toMatchObject({ status: 403, body: { code: 'on_behalf_not_allowed' } });
    expect(await rig.received('/')).toEqual([]);
    expect(await refusalFor(answer)).toMatchObject({ caller: 'rotating', code: 'on_behalf_not_allowed' });
  });

  it('never decides what may be done', async () => {
    const named = await me('bot-secret', behalf('portal'));
    expect(named.body).toMatchObject({ caller: 'bot', onBehalfOf: 'portal' });
    const { body } = (await me('bot-secret')) as { body: object };
    expect(named.body).toMatchObject({ ...body, keys: expect.any(Array) });
  });

  it.each([['n'.repeat(129)], ['j\u00e4ne'], ['a\tb'], ['']])('is not named "%s"', async (name) => {
    const answer = await me('bot-secret', behalf(name));
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid_on_behalf_of' },
    });
  });

  it('is not two', async () => {
    const lines = ['X-On-Behalf-Of: jane', 'X-On-Behalf-Of: john', 'X-Api-Key: bot-secret'];
    expect(await getRaw(lines)).toMatchObject({ status: 400, code: 'invalid_on_behalf_of' });
  });
});

describe('rights', () => {
  it('to act are not had by whoever may only read: nothing is sent', async () => {
    await rig.control('DELETE', '/requests');
    const answer = await rig.operate(ignore, { key: 'reader-secret' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_granted' } });
    expect(detailOf(answer)).toContain('the right act');
    expect(await rig.received('/')).toEqual([]);
  });

  it('to read are not had by whoever may only act', async () => {
    const body = receiptOf(await rig.operate(ignore, { key: 'actor-secret' }));
    expect(body.status).toBe('applied');
    for (const path of ['/v1/operations', `/v1/operations/${body.id}`]) {
      const answer = await rig.call('GET', path, undefined, { key: 'actor-secret' });
      expect(answer).toMatchObject({ status: 403, body: { code: 'not_granted' } });
      expect(detailOf(answer)).toContain('the right read');
    }
  });

  it('are asked before a body is read', async () => {
    const answer = await rig.operate(undefined, { key: 'reader-secret', raw: '{ not JSON' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_granted' } });
  });
});

describe('grants limited by event type', () => {
  it('cover alarms of that type and no others', async () => {
    expect((await rig.operate(ignore, { key: 'careful-secret' })).status).toBe(200);
    const other = { ...ignore, alarms: [alarm, { ...alarm, eventId: 'other', eventType: 3007 }] };
    const answer = await rig.operate(other, { key: 'careful-secret' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_granted' } });
    expect(detailOf(answer)).toContain('event type 3007');
  });

  it('cover no whitelist rule for another type either', async () => {
    const request = (eventType: number) => ({
      operation: 'add_to_alarm_whitelist',
      alarms: [{ ...alarm, details: [{ keyword: 'file_path=/usr/test', hash: 'e8b5' }] }],
      whitelistRules: [{ eventType, fieldKey: 'process_path', fieldValue: '/usr/test', judgeType: 'equal' }],
    });
    await rig.control('DELETE', '/requests');
    const answer = await rig.operate(request(3007), { key: 'careful-secret' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_granted' } });
    expect(await rig.received('/')).toEqual([]);
    expect((await rig.operate(request(1010), { key: 'careful-secret' })).status).toBe(200);
  });

  it('give way to a denial, which is told as one', async () => {
    const details = [{ agentId: 'a', fileHash: 'b', filePath: '/c', processPid: 7 }];
    const kill = { operation: 'isolate_and_kill', alarms: [{ ...alarm, details }] };
    const answer = await rig.operate(kill, { key: 'careful-secret' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'denied' } });
    expect(detailOf(answer)).toContain('is denied operation isolate_and_kill');
  });
});

describe('GET /v1/me', () => {
  it('tells who I am, by which credential, and what I may do', async () => {
    const answer = await me('careful-secret');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      caller: 'careful',
      credential: { kind: 'key', id: 'careful-1', expiresAt: '2037-01-01T00:00:00.000Z' },
      mayActOnBehalf: false,
      grants: [
        {
          rights: ['read', 'act'],
          operations: ['ignore', 'add_to_alarm_whitelist'],
          projects: ['test'],
          enterpriseProjects: ['0'],
          eventTypes: [1010],
        },
      ],
      denials: [
        {
          rights: ['read', 'act', 'approve', 'audit'],
          operations: ['isolate_and_kill'],
          projects: ['test'],
          enterpriseProjects: ['*', 'all_granted_eps'],
        },
      ],
      keys: [{ id: 'careful-1', expiresAt: '2037-01-01T00:00:00.000Z', lastUsedAt: expect.any(String) }],
    });
  });

  it('spells wildcards out, which stand for nothing that must be named, and shows no secret and no digest', async () => {
    const { body, text } = (await me('blue-secret')) as { body: object; text: string };
    const operations = [...OPERATION_TYPE_NAMES, ...LIST_OPERATION_NAMES];
    expect(body).toMatchObject({ grants: [{ operations, projects: ['test'] }] });
    expect(text).not.toContain('secret');
    expect(text).not.toContain(sha256('blue-secret'));
  });

  it('is for everyone who proves who they are, whatever their rights, and for nobody else', async () => {
    expect((await me('actor-secret')).status).toBe(200);
    expect(await me(null)).toMatchObject({ status: 401, body: { code: 'missing_key' } });
  });
});

describe('when a key was last used', () => {
  it('is told to its caller, also after a restart', async () => {
    const own = await startRig({ callers });
    const keys = async (url: string) => {
      const { body } = (await fetchJson('GET', `${url}/v1/me`, undefined, { key: 'green-secret' })) as {
        body: { keys: object[] };
      };
      return body.keys;
    };
    await fetchJson('GET', `${own.gateway.url}/v1/me`, undefined, { key: 'blue-secret' });
    const [blue, , past] = await keys(own.gateway.url);
    expect(blue).toMatchObject({ id: 'blue', lastUsedAt: expect.any(String) });
    expect(past).not.toHaveProperty('lastUsedAt');
    await own.gateway.close();
    const again = await startGateway(own.config);
    expect((await keys(again.url))[0]).toEqual(blue);
    await again.close();
    await own.simulator.close();
  });
});

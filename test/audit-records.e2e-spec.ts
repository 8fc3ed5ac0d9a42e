import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditEngine } from '../src/audit/audit.engine.js';
import { RecordStore } from '../src/audit/record.store.js';
import type { CallerConfig } from '../src/config/config.js';
import type { RecordDto, RecordPageDto } from '../src/evidence/record.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { addAlarms } from './support/bulk-alarms.js';
import { KEY, OTHER_KEY, portal, projectOf, sha256, startRig, type Rig } from './support/gateway.js';
import { startPostgres } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';

/** Of the contract's payloads: a file on app-server-15. */
const FILE_ALARM = '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18';
const AGENT = '415a837bec3a9cb379bc339968b07fae65cede2f1b0fed44da818d651e2b4c0a';
const HUMAN = 'jane.doe@example.com';
const BEYOND_DOUBLES = '9007199254740993';

const keyOf = (id: string) => `test-key-of-${id}`;
const auditor = (id: string, more: Partial<CallerConfig['grants'][number]> = {}): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(keyOf(id)) }],
  grants: [{ rights: ['audit'], operations: [], projects: ['*'], enterpriseProjects: ['*'], ...more }],
});
const bot: CallerConfig = {
  ...portal,
  id: 'chat-bot',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  onBehalfOf: true,
};

let rig: Rig;
let isolated: ReceiptDto;
let described: ReceiptDto;

beforeAll(async () => {
  rig = await startRig({
    projects: (cloud) => [projectOf(cloud, 'one'), projectOf(cloud, 'two')],
    callers: [
      ...[portal, bot, auditor('auditor'), auditor('of-two', { projects: ['two'] })],
      auditor('of-types', { eventTypes: [1001] }),
      { ...auditor('denied'), denials: [{ rights: ['audit'], projects: ['two'] }] },
    ],
  });
  const scope = { project: 'one' };
  const asBot = { key: OTHER_KEY, headers: { 'X-On-Behalf-Of': HUMAN } };
  const ignored = { operation: 'ignore', alarmIds: [FILE_ALARM], scope };
  expect((await rig.operate(ignored)).status).toBe(200);
  const isolation = { operation: 'isolate_and_kill', alarmIds: [FILE_ALARM], remark: 'SEC-1', scope };
  expect((await rig.operate({ ...ignored, operation: 'do_not_ignore' })).status).toBe(200);
  isolated = (await rig.operate(isolation, asBot)).body as ReceiptDto;
  const [file] = await addAlarms(rig, 1, 'web-1');
  const elsewhere = { operation: 'isolate_and_kill', alarms: [file], scope: { project: 'two' } };
  described = (await rig.operate(elsewhere)).body as ReceiptDto;
  const long = `{"operation":"mark_as_handled","scope":{"project":"one"},"alarms":[{"eventId":"long","eventClassId":"malware_1001","eventType":1001,"occurTime":${BEYOND_DOUBLES}}]}`;
  await rig.call('POST', '/v1/operations', undefined, { raw: long });
  await rig.call('GET', '/v1/operations', undefined, { key: 'wrong' });
  await rig.call('GET', '/v1/brakes', undefined, { key: KEY });
  await eventually(
    () => listed('?kind=refusal'),
    (refusals) => refusals.length === 2,
  );
  // What an outcome says of its intent is found when the index has the outcome.
  const [last] = await listed('?limit=1');
  await eventually(
    () => rig.gateway.app.get(RecordStore, { strict: false }).indexedUpTo(),
    (upTo) => upTo >= last!.sequence,
  );
});
afterAll(() => rig.close());

const read = (query: string, id = 'auditor') =>
  rig.call('GET', `/v1/audit/records${query}`, undefined, { key: keyOf(id) });
async function listed(query: string, id?: string): Promise<RecordDto[]> {
  const answer = await read(query, id);
  expect(answer.status).toBe(200);
  return (answer.body as RecordPageDto).items;
}

describe('one request for records', () => {
  it('answers who isolated what on host X, on whose word, and what did the cloud say', async () => {
    const items = await listed('?host=app-server-15&operation=isolate_and_kill');
    expect(items.map(({ kind, operationId }) => [kind, operationId])).toEqual([
      ['outcome', isolated.id],
      ['intent', isolated.id],
    ]);
    const [outcome, intent] = items.map(({ record }) => record);
    expect(intent).toMatchObject({
      caller: 'chat-bot',
      onBehalfOf: HUMAN,
      remark: 'SEC-1',
      alarms: [FILE_ALARM],
      requests: [
        {
          operate_event_list: [
            { operate_detail_list: [{ file_path: '/var/tmp/.x/dropper', agent_id: AGENT }] },
          ],
        },
      ],
    });
    const [exchange] = isolated.exchanges ?? [];
    expect(exchange?.upstreamRequestId).toEqual(expect.any(String));
    expect(outcome).toMatchObject({
      status: 'applied',
      chunks: [{ exchange: { status: 200, requestId: exchange?.upstreamRequestId } }],
    });
  });

  it.each([
    ['host', 'APP-server-15'],
    ['host', '10.20.1.15'],
    ['host', '198.51.100.15'],
    ['agentId', AGENT],
    ['alarm', FILE_ALARM],
    ['onBehalfOf', HUMAN],
    ['caller', 'chat-bot'],
  ])('finds the same by %s %s', async (name, value) => {
    const query = `?${name}=${encodeURIComponent(value)}&operation=isolate_and_kill`;
    expect((await listed(query)).map(({ operationId }) => operationId)).toEqual([isolated.id, isolated.id]);
  });

  it('finds an intent too by the name of a host that was read after it', async () => {
    const items = await listed('?host=web-1&operation=isolate_and_kill');
    expect(items.map(({ kind, operationId }) => [kind, operationId])).toEqual([
      ['outcome', described.id],
      ['intent', described.id],
    ]);
    expect(JSON.stringify(items[1])).not.toContain('web-1');
  });

  it('narrows by each of several, and takes several words of one', async () => {
    const kinds = async (query: string) => (await listed(query)).map(({ kind }) => kind);
    expect(await kinds(`?operationId=${isolated.id}&kind=intent`)).toEqual(['intent']);
    expect(await kinds(`?operationId=${isolated.id}&kind=intent&kind=outcome`)).toEqual([
      'outcome',
      'intent',
    ]);
    expect(await kinds(`?alarm=${FILE_ALARM}&outcome=applied&severity=Critical,High`)).toEqual(
      Array(3).fill('outcome'),
    );
    expect(await kinds(`?alarm=${FILE_ALARM}&severity=Low`)).toEqual([]);
    expect(await kinds('?code=not_granted&caller=portal')).toEqual(['refusal']);
    expect(await kinds('?code=invalid_key,not_granted')).toEqual(['refusal', 'refusal']);
    expect(await kinds('?host=nowhere')).toEqual([]);
  });

  it('narrows by time, both ends included', async () => {
    const [first] = await listed(`?operationId=${isolated.id}&kind=intent`);
    const at = first!.at;
    const times = async (query: string) => (await listed(query)).map((item) => item.at);
    expect(await times(`?from=${at}&to=${at}`)).toContain(at);
    expect((await times(`?from=${at}`)).every((each) => each >= at)).toBe(true);
    expect((await times(`?to=${at}`)).every((each) => each <= at)).toBe(true);
    expect(await times(`?to=${new Date(Date.parse(at) - 3_600_000).toISOString()}`)).toEqual([]);
    expect(await times('?last=1h')).toEqual((await listed('')).map((item) => item.at));
  });
});

describe('records', () => {
  it('come with the bytes that the trail has, from which its hashes follow', async () => {
    const page = await read('?limit=500');
    const items = (page.body as RecordPageDto).items.toReversed();
    expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
    let hash = Buffer.alloc(32);
    for (const item of items) {
      const { text } = await read(`/${item.sequence}`);
      expect(page.text).toContain(text);
      const record = text.slice(text.indexOf('"record":') + '"record":'.length, -1);
      hash = createHash('sha256').update(hash).update(record).digest();
      expect([item.sequence, item.hash]).toEqual([item.sequence, hash.toString('hex')]);
    }
    expect(page.text).toContain(`"occur_time":${BEYOND_DOUBLES}`);
  });

  it('are read too where somebody changed what is stored', async () => {
    const changed = await startRig({ callers: [portal, auditor('auditor')] });
    const alarms = await addAlarms(changed, 1);
    await changed.operate({ operation: 'ignore', alarms });
    const engine = changed.gateway.app.get(AuditEngine);
    await engine.query(`UPDATE audit_record SET body = 'gone "' WHERE kind = 'intent'`, []);
    const page = await changed.call('GET', '/v1/audit/records?kind=intent,outcome', undefined, {
      key: keyOf('auditor'),
    });
    await changed.close('unchecked');
    const { items } = page.body as RecordPageDto;
    expect(items.map(({ kind }) => kind)).toEqual(['outcome', 'intent']);
    expect(items[1]?.record).toEqual({ unreadable: 'gone "' });
  });

  it('are found one by one, and answered alike', async () => {
    const { text, body } = await read('?alarm=long');
    const items = (body as RecordPageDto).items;
    expect(items.map(({ kind }) => kind)).toEqual(['outcome', 'intent']);
    const one = await read(`/${items[1]!.sequence}`);
    expect(one.body).toEqual(items[1]);
    expect(text).toContain(one.text);
    expect(one.text).toContain(BEYOND_DOUBLES);
  });

  it('stay in their pages while others are added', async () => {
    const all = (await listed('?limit=500')).map(({ sequence }) => sequence);
    const seen: number[] = [];
    let cursor = '';
    do {
      const { items, nextCursor } = (await read(`?limit=2${cursor}`)).body as RecordPageDto;
      seen.push(...items.map(({ sequence }) => sequence));
      cursor = nextCursor === undefined ? '' : `&cursor=${nextCursor}`;
      if (seen.length < 7)
        await rig.operate({
          operation: 'ignore',
          alarms: await addAlarms(rig, 1),
          scope: { project: 'one' },
        });
    } while (cursor !== '');
    expect(seen).toEqual(all);
  });
});

describe.each(['SQLite', 'PostgreSQL'])('the index (%s)', (name) => {
  it('gets the records soon, and finds the same as before', async () => {
    const postgres = name === 'PostgreSQL' ? await startPostgres() : undefined;
    const url = await postgres?.createDatabase('records');
    const database = url === undefined ? undefined : { kind: 'postgres' as const, url, goneAfterMs: 30_000 };
    const other = await startRig({ callers: [portal, auditor('auditor')], ...(database && { database }) });
    const asked = async () => {
      const path = '/v1/audit/records?host=WEB-1&operation=isolate_and_kill&outcome=applied&outcome=already';
      const words = await other.call('GET', path, undefined, { key: keyOf('auditor') });
      const all = await other.call('GET', path.split('&out')[0]!, undefined, { key: keyOf('auditor') });
      return [words, all].map(({ body }) => (body as RecordPageDto).items.map(({ kind }) => kind));
    };
    const alarms = await addAlarms(other, 1, 'web-1');
    for (const each of [alarms, await addAlarms(other, 2)])
      expect((await other.operate({ operation: 'isolate_and_kill', alarms: each })).status).toBe(200);
    const found = [['outcome'], ['outcome', 'intent']];
    expect((await asked()).map(([newest]) => newest)).toEqual(['outcome', 'outcome']);
    const index = other.gateway.app.get(RecordStore, { strict: false });
    const last = async () =>
      (
        (await other.call('GET', '/v1/audit/records?limit=1', undefined, { key: keyOf('auditor') }))
          .body as RecordPageDto
      ).items[0]!.sequence;
    expect(
      await eventually(
        () => index.indexedUpTo(),
        (upTo) => upTo === 4,
      ),
    ).toBe(await last());
    expect(await asked()).toEqual(found);
    await other.close();
    await postgres?.close();
  });
});

describe('an auditor', () => {
  it('of one project reads the records of its operations, and none that are of no project', async () => {
    const items = await listed('', 'of-two');
    expect(new Set(items.map(({ operationId }) => operationId))).toEqual(new Set([described.id]));
    expect((await listed('', 'auditor')).map(({ kind }) => kind)).toContain('refusal');
    for (const id of ['of-two', 'denied', 'of-types']) expect(await listed('?kind=refusal', id)).toEqual([]);
    expect((await listed(`?operationId=${isolated.id}`, 'denied')).length).toBe(2);
    for (const id of ['of-two', 'of-types'])
      expect(await listed(`?operationId=${isolated.id}`, id)).toEqual([]);
  });

  it('finds no single record either that it may not read', async () => {
    const [own, others, refusal] = await Promise.all(
      [`?operationId=${described.id}`, `?operationId=${isolated.id}`, '?kind=refusal'].map(
        async (query) => (await listed(query))[0]!.sequence,
      ),
    );
    expect((await read(`/${own}`, 'of-two')).status).toBe(200);
    for (const sequence of [others, refusal, 999_999, '0', '01', '1e3', 'x', '9'.repeat(30)])
      expect(problemOf(await read(`/${sequence}`, 'of-two'))).toMatchObject({
        status: 404,
        code: 'record_not_found',
      });
    expect((await read(`/${refusal}`)).status).toBe(200);
  });

  it('is who has the right', async () => {
    for (const path of ['/v1/audit/records', '/v1/audit/records/1'])
      expect(problemOf(await rig.call('GET', path))).toMatchObject({ status: 403, code: 'not_granted' });
  });

  it('learns of everything that is wrong with a request at once', async () => {
    const query =
      'kind=intents&from=2026-08-17T00:00:00Z&to=2026-08-16T00:00:00Z&code=A&limit=0&cursor=x&hostName=a';
    const { violations = [] } = problemOf(await read(`?${query}&operationId=1`));
    expect(violations.map(({ parameter }) => parameter).sort()).toEqual([
      'code',
      'cursor',
      'from',
      'hostName',
      'kind',
      'limit',
      'operationId',
    ]);
    expect(violations.find(({ parameter }) => parameter === 'kind')?.message).toMatch(
      /did you mean intent\?$/,
    );
    expect(problemOf(await read('/1?host=a')).code).toBe('invalid_request');
  });

  it('goes on reading while nothing can be recorded, and so nothing be done', async () => {
    const { database } = rig.config;
    const path = database.kind === 'embedded' ? database.path : '';
    renameSync(path, `${path}.away`);
    try {
      const act = { operation: 'ignore', alarms: await addAlarms(rig, 1), scope: { project: 'one' } };
      expect(problemOf(await rig.operate(act)).code).toBe('audit_unavailable');
      expect(await listed('?host=app-server-15&operation=isolate_and_kill')).toHaveLength(2);
    } finally {
      renameSync(`${path}.away`, path);
    }
  });
});

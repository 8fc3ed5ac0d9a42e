import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditEngine, type AuditAppend } from '../src/audit/audit.engine.js';
import type { CallerConfig, DatabaseConfig } from '../src/config/config.js';
import { addAlarms } from './support/bulk-alarms.js';
import { portal, projectOf, sha256, startRig, type Rig } from './support/gateway.js';
import { ocsfViolations } from './support/ocsf.js';
import { ENGINES } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { readTrail } from './support/trail-reader.js';

const keyOf = (id: string) => `test-key-of-${id}`;
const auditor = (id: string, projects = ['*']): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(keyOf(id)) }],
  grants: [{ rights: ['audit'], operations: [], projects, enterpriseProjects: ['*'] }],
});
const CALLERS = [portal, auditor('auditor'), auditor('of-two', ['two'])];
const FORMULA = '=HYPERLINK("http://x"), and more';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

let databases = 0;
async function start(engine: (typeof ENGINES)[number]): Promise<Rig> {
  const database: DatabaseConfig | undefined =
    engine === 'postgres'
      ? {
          kind: 'postgres',
          url: await postgres.createDatabase(`export_${(databases += 1)}`),
          goneAfterMs: 30_000,
        }
      : undefined;
  return startRig({
    projects: (cloud) => [projectOf(cloud, 'one'), projectOf(cloud, 'two')],
    callers: CALLERS,
    ...(database && { database }),
  });
}

const exported = (rig: Rig, query = '', id = 'auditor') =>
  rig.call('GET', `/v1/audit/export${query}`, undefined, { key: keyOf(id) });

interface Stored {
  readonly seq: number;
  readonly body: string;
  readonly operation_id: string | null;
}
const engineOf = (rig: Rig) => rig.gateway.app.get(AuditEngine, { strict: false });
async function stored(rig: Rig): Promise<Stored[]> {
  const rows = await engineOf(rig).read('SELECT seq, body, operation_id FROM audit_record ORDER BY seq', []);
  return rows as unknown as Stored[];
}

const publicKeyIn = (text: string) => (JSON.parse(text.split('\n')[0]!) as { publicKey: string }).publicKey;

describe.each(ENGINES)('an export (%s)', (engine) => {
  let rig: Rig;
  let ofTwo: string;

  beforeAll(async () => {
    rig = await start(engine);
    for (const project of ['one', 'two', 'one']) {
      const scope = { project };
      const act = { operation: 'ignore', alarms: await addAlarms(rig, 1), scope, remark: FORMULA };
      const { id } = (await rig.operate(act)).body as { id: string };
      if (project === 'two') ofTwo = id;
      // It signs what there is, so that there are several checkpoints.
      await exported(rig);
    }
    await rig.call('GET', '/v1/operations', undefined, { key: null });
    await eventually(
      () => stored(rig),
      (rows) => rows.length === 7,
    );
  });
  afterAll(() => rig.close());

  it('has every record as it is stored, and is proved by itself', async () => {
    const { status, headers, text } = await exported(rig);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    const { records, checkpoints, first, last } = readTrail(text, publicKeyIn(text));
    const rows = await stored(rig);
    expect([...records]).toEqual(rows.map(({ seq, body }) => [seq, body]));
    expect([first, checkpoints.length, checkpoints.at(-1)]).toEqual([1, 4, last]);
  });

  it('of a part goes from one checkpoint to another', async () => {
    const whole = (await exported(rig)).text;
    const key = publicKeyIn(whole);
    const { records, checkpoints } = readTrail(whole, key);
    const [one = 0, two = 0] = checkpoints;
    const { text } = await exported(rig, `?first=${one + 2}&last=${one + 2}`);
    const part = readTrail(text, key);
    expect([part.first, part.last, part.checkpoints]).toEqual([one + 1, two, [one, two]]);
    for (const [seq, body] of part.records) expect(body).toBe(records.get(seq));
    expect(readTrail((await exported(rig, '?first=99999')).text, key).records.size).toBe(0);
  });

  it('does not pass where anything of it is changed, left out or cut off', async () => {
    const { text } = await exported(rig);
    const key = publicKeyIn(text);
    const lines = text.split('\n');
    const wrong = [
      text.replace('"kind":"intent"', '"kind":"Intent"'),
      lines.toSpliced(2, 1).join('\n'),
      [...lines.slice(0, 1), lines[2], lines[1], ...lines.slice(3)].join('\n'),
      `${lines.slice(0, -2).join('\n')}\n`,
      text.slice(0, -1),
    ];
    for (const each of wrong) expect(() => readTrail(each, key)).toThrow(Error);
  });

  it('has of what the caller may not read the leaf alone', async () => {
    const { text } = await exported(rig, '?last=7', 'of-two');
    const rows = (await stored(rig)).slice(0, 7);
    const { records } = readTrail(text, publicKeyIn((await exported(rig)).text));
    expect([...records]).toEqual(
      rows.map(({ seq, body, operation_id: id }) => [seq, id === ofTwo ? body : undefined]),
    );
    expect(rows.filter(({ operation_id: id }) => id === ofTwo)).toHaveLength(2);
    for (const format of ['csv', 'ocsf']) {
      const lines = (await exported(rig, `?format=${format}`, 'of-two')).text.trim().split(/\r?\n/);
      expect(lines).toHaveLength(format === 'csv' ? 3 : 2);
      expect(lines.filter((line) => line.includes(ofTwo))).toHaveLength(2);
    }
    expect(problemOf(await exported(rig, '', 'nobody')).status).toBe(401);
    expect(problemOf(await rig.call('GET', '/v1/audit/export')).code).toBe('not_granted');
  });

  it('as CSV has a line for each record, which no spreadsheet takes for a formula', async () => {
    const { headers, text } = await exported(rig, '?format=csv');
    expect(headers.get('content-type')).toMatch(/^text\/csv/);
    const lines = text.split('\r\n');
    expect(lines[0]).toMatch(/^sequence,at,kind,operationId,caller,/);
    const sequences = lines.slice(1, -1).map((line) => Number(line.split(',')[0]));
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThanOrEqual(7);
    expect(lines[1]).toContain(`,"'=HYPERLINK(""http://x""), and more",`);
    const some = await exported(rig, '?format=csv&first=2&last=3');
    expect(some.text.split('\r\n').map((line) => line.split(',')[0])).toEqual(['sequence', '2', '3', '']);
    const at = lines[2]!.split(',')[1]!;
    const then = (await exported(rig, `?format=csv&from=${at}&to=${at}`)).text.split('\r\n').slice(1, -1);
    expect(then.map((line) => line.split(',')[1])).toEqual(then.map(() => at));
    expect(then.length).toBeGreaterThan(0);
  });

  it('as OCSF has events that fit the schema', async () => {
    const events = (await exported(rig, '?format=ocsf&last=7')).text.trim().split('\n');
    expect(events).toHaveLength(7);
    for (const event of events) expect(ocsfViolations(JSON.parse(event))).toEqual([]);
    const operations = events.map(
      (event) => (JSON.parse(event) as { api: { operation: string } }).api.operation,
    );
    expect(operations.slice(0, 2)).toEqual(['ignore', 'ignore']);
  });

  it('comes compressed to whoever takes that', async () => {
    const plain = await open(rig, '', { 'Accept-Encoding': 'gzip;q=0' });
    const zipped = await open(rig, '', { 'Accept-Encoding': 'br, gzip;q=0.5' });
    const [text, bytes] = [await bytesOf(plain), await bytesOf(zipped)];
    expect([plain, zipped].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip']);
    expect(gunzipSync(bytes).toString()).toBe(text.toString());
  });

  it('is refused with everything that is wrong with it', async () => {
    const { violations = [] } = problemOf(await exported(rig, '?format=xml&first=5&last=4&from=x&limit=1'));
    expect(violations.map(({ parameter }) => parameter).sort()).toEqual(['first', 'format', 'from', 'limit']);
  });
});

function open(rig: Rig, query: string, headers = {}): Promise<IncomingMessage> {
  const url = `${rig.gateway.url}/v1/audit/export${query}`;
  const asked = request(url, { headers: { Authorization: `Bearer ${keyOf('auditor')}`, ...headers } }).end();
  return once(asked, 'response').then(([response]) => response as IncomingMessage);
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const RECORDS = 20_000;
const AT_ONCE = 1_000;

async function fill(rig: Rig): Promise<void> {
  const at = new Date().toISOString();
  const entries: AuditAppend[] = Array.from({ length: AT_ONCE }, (_, index) => ({
    ...{ kind: 'brake', at: Date.parse(at), operationId: null },
    body: JSON.stringify({
      kind: 'brake',
      at,
      requestId: `${index}`.padEnd(1_500, 'x'),
      caller: 'bot',
      engaged: true,
    }),
  }));
  for (let made = 0; made < RECORDS; made += AT_ONCE) await engineOf(rig).append(entries);
}

describe('an export that cannot begin', () => {
  it('is answered with a problem, also to who takes it compressed', async () => {
    const rig = await start('sqlite');
    const act = { operation: 'ignore', alarms: await addAlarms(rig, 1), scope: { project: 'one' } };
    expect((await rig.operate(act)).status).toBe(200);
    expect((await exported(rig)).status).toBe(200);
    await engineOf(rig).query('DELETE FROM tree_tile', []);
    expect(problemOf(await exported(rig, '?first=3'))).toMatchObject({ status: 500, code: 'internal_error' });
    await rig.close();
  });
});

describe.each(ENGINES)('an export of twenty thousand records (%s)', (engine) => {
  let rig: Rig;
  /** How many records were read from the database. */
  let read = 0;

  beforeAll(async () => {
    rig = await start(engine);
    await fill(rig);
    const database = engineOf(rig);
    const usual = database.read.bind(database);
    database.read = async (sql, parameters) => {
      const rows = await usual(sql, parameters);
      if (/body/.test(sql)) read += rows.length;
      return rows;
    };
  });
  afterAll(() => rig.close());

  const settled = async () => {
    for (let before = -1; before !== read; await sleep(200)) before = read;
    return read;
  };

  it('reads no further ahead of a slow reader than what is on its way to it', async () => {
    // The tree may be behind: what is not signed is proved by the chain.
    const [slow, other] = [await open(rig, ''), await open(rig, '?format=csv')];
    const third = await exported(rig);
    expect(problemOf(third)).toMatchObject({ status: 429, code: 'export_limit' });
    expect(await settled()).toBeLessThan(RECORDS / 2);
    const text = (await bytesOf(slow)).toString();
    const { records } = readTrail(text, publicKeyIn(text));
    expect(records.size).toBe(RECORDS);
    expect((await bytesOf(other)).toString().split('\r\n')).toHaveLength(RECORDS + 2);
    expect((await exported(rig, '?first=1&last=10')).status).toBe(200);
  });

  it('ends with the connection where the gateway stops before its end', async () => {
    const cut = await open(rig, '');
    await settled();
    const closing = rig.gateway.close();
    await expect(bytesOf(cut)).rejects.toThrow('aborted');
    await closing;
  });
});

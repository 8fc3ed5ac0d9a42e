import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import pg from 'pg';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { BLOCK_RECORDS } from '../src/audit/record-blocks.js';
import type { ReceiptDto, ReceiptPageDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { eventually, untilMore } from './support/eventually.js';
import { fetchJson, OTHER_KEY, portal, sha256 } from './support/gateway.js';
import type { ProcessOptions } from './support/gateway-process.js';
import { metric } from './support/metrics.js';
import { clockAhead, ENGINES, type EngineName } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { problemOf } from './support/problems.js';
import { runProgram } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrail, type ReadTrail } from './support/trail-reader.js';

const DAY_MS = 86_400_000;
/** Days by which the clocks of gateways and cloud are ahead. */
let ahead = 0;

let postgres: PostgresServer;
let cloud: Simulator;
let folder: string;
let url: string;
let gateways: StandingGateway[] = [];
let made = 0;
let databases = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  cloud = await startSimulator({ alarms: 0, now: () => Date.now() + ahead * DAY_MS });
});
afterAll(async () => {
  await cloud.close();
  await postgres.close();
});
beforeEach(() => {
  [ahead, gateways] = [0, []];
  folder = newFolder();
  mkdirSync(archives());
});
afterEach(async () => {
  for (const gateway of gateways) {
    gateway.signal('SIGKILL');
    await gateway.exited;
  }
  removeFolder(folder, url.startsWith('file:') ? 'checked' : 'unchecked');
});

const archives = () => join(folder, 'archives');
const grants = portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'approve', 'audit'] }));

/** Audits only a part of what there is, and none of what is here. */
const NARROW = {
  id: 'narrow',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  grants: [
    {
      rights: ['read', 'audit'],
      operations: ['*'],
      projects: ['test'],
      enterpriseProjects: ['0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'],
    },
  ],
};

async function useDatabase(engine: EngineName): Promise<void> {
  url =
    engine === 'sqlite' ? 'file:gateway.db' : await postgres.createDatabase(`retention_${(databases += 1)}`);
}

async function start({ settings, ...more }: Partial<ProcessOptions> = {}): Promise<StandingGateway> {
  const gateway = await standGateway({
    simulator: cloud,
    folder,
    settings: {
      callers: [{ ...portal, grants }, NARROW],
      audit: { retention: { days: 1, folder: archives() }, ...(settings?.['audit'] as object) },
    },
    upstream: { deadlineMs: 4_000 },
    env: { GATEWAY_DATABASE_URL: url, GATEWAY_REPLICA_GONE_MS: '4000', ...clockAhead(ahead * DAY_MS) },
    ...more,
  });
  gateways.push(gateway);
  return gateway;
}

async function end(gateway: StandingGateway, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  gateway.signal(signal);
  const code = await gateway.exited;
  if (signal === 'SIGTERM') expect(code).toBe(0);
}

async function act(gateway: StandingGateway, more: object = {}, headers = {}): Promise<ReceiptDto> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await fetchJson('POST', `${cloud.url}/__control/alarms`, { alarms: [asAdded(alarm)] }, {});
  const answer = await gateway.operate(
    { operation: 'mark_as_handled', alarms: [alarm], ...more },
    { headers },
  );
  expect(answer.status).toBe(200);
  return answer.body as ReceiptDto;
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  if (url.startsWith('file:')) {
    const database = new Database(join(folder, 'gateway.db'), { readonly: true });
    const found = database.prepare(sql).all() as Record<string, unknown>[];
    database.close();
    return found;
  }
  const client = new pg.Client(url);
  await client.connect();
  const { rows: found } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return found;
}
const kept = async () =>
  (await rows('SELECT seq, body FROM audit_record ORDER BY seq')).map(
    ({ seq, body }) => [Number(seq), String(body)] as const,
  );

const archiveNames = () =>
  readdirSync(archives())
    .filter((name) => name.startsWith('audit-'))
    .sort();
/** Of the last gateway's log. */
const publicKey = async () => {
  const [row] = await rows('SELECT note FROM checkpoint ORDER BY size LIMIT 1');
  const name = /^— (\S+) /m.exec(String(row?.['note']))?.[1];
  const [first = ''] = archiveNames();
  const begin =
    gunzipSync(readFileSync(join(archives(), first)))
      .toString()
      .split('\n')[0] ?? '';
  const { publicKey: key } = JSON.parse(begin) as { publicKey: string };
  expect(key.split('+')[0]).toBe(name);
  return key;
};

/** Every archive, by itself, and from one into the next; the last record, and the hash of the chain up to it. */
async function readArchives(): Promise<ReadTrail[]> {
  const key = await publicKey();
  const read = archiveNames().map((name) =>
    readTrail(gunzipSync(readFileSync(join(archives(), name))).toString(), key),
  );
  let [last, hash] = [0, '0'.repeat(64)];
  for (const part of read) {
    expect([part.first, part.previousHash]).toEqual([last + 1, hash]);
    expect(part.checkpoints.at(-1)).toBe(part.last);
    ({ last, hash } = part);
  }
  return read;
}

/** Every record that there ever was: in archives, and in the database behind them. */
async function everything(): Promise<(readonly [number, string])[]> {
  const archived = (await readArchives()).flatMap(({ records }) => [...records]) as [number, string][];
  const live = await kept();
  // What is in both is the same.
  for (const [seq, body] of live) if (archived[seq - 1]) expect(archived[seq - 1]).toEqual([seq, body]);
  return [...archived, ...live.filter(([seq]) => seq > archived.length)];
}

const faults = async (gateway: StandingGateway) => metric(gateway, 'hss_gateway_audit_whole');
const untilArchived = (gateway: StandingGateway, count = 1) =>
  eventually(
    async () => ({
      names: archiveNames(),
      first: Number((await rows('SELECT MIN(seq) AS seq FROM audit_record'))[0]?.['seq']),
      last: Number((await rows('SELECT MAX(last_seq) AS seq FROM archive'))[0]?.['seq'] ?? 0),
    }),
    // A file has its name before the trail says so.
    ({ names, first, last }) => names.length >= count && last > 0 && first === last + 1,
  ).then((state) => {
    if (state.names.length < count) throw new Error(gateway.output().slice(-3_000));
    return state;
  });

describe.each(ENGINES)('records that are old enough (%s)', (engine) => {
  beforeEach(() => useDatabase(engine));

  it('leave the database for an archive that is proved by itself, and the trail stays whole', async () => {
    const before = await start();
    const remark = 'line\u00a0separators are in no remark, "quotes" are';
    const old = [await act(before, { remark }), await act(before), await act(before)];
    await end(before);
    const written = await kept();
    expect(archiveNames()).toEqual([]);
    ahead = 3;
    const gateway = await start();
    await untilArchived(gateway);
    const young = await act(gateway);
    const [archive] = await readArchives();
    expect([...(archive?.records ?? [])]).toEqual(written);
    const all = await everything();
    expect(all.map(([seq]) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.slice(0, written.length)).toEqual(written);
    const [name = ''] = archiveNames();
    const words = ['audit', 'verify', '--export', join(archives(), name), '--public-key', await publicKey()];
    expect(await runProgram(words)).toMatchObject({ code: 0, stdout: expect.stringContaining('is whole') });
    const ofAll = (folderOfThem: string) =>
      runProgram(['audit', 'verify', '--archives', folderOfThem, '--public-key', ...words.slice(-1)], {
        cwd: folder,
        env: { GATEWAY_DATABASE_URL: url },
      });
    expect(await ofAll(archives())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 archives were verified'),
    });
    expect(await ofAll(folder)).toMatchObject({ code: 1, stdout: expect.stringContaining('is not there') });
    cpSync(archives(), join(folder, 'changed'), { recursive: true });
    writeFileSync(join(folder, 'changed', name), gzipSync('something else'));
    expect(await ofAll(join(folder, 'changed'))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        `${name}, which has records 1 to ${written.length}, is not as it was written`,
      ),
    });
    const said = all
      .map(([, body]) => JSON.parse(body) as { kind: string })
      .filter(({ kind }) => kind === 'archive');
    const sha256 = createHash('sha256')
      .update(readFileSync(join(archives(), name)))
      .digest('hex');
    expect(said).toMatchObject([{ first: 1, last: written.length, file: name, sha256, hash: archive?.hash }]);
    const facts = `SELECT * FROM record_fact WHERE (block + 1) * ${BLOCK_RECORDS} <= ${written.length}`;
    expect(await rows(facts)).toEqual([]);
    expect(await faults(gateway)).toBe(1);

    const shown = { file: name, first: 1, last: written.length };
    const found = await gateway.call('GET', `/v1/operations/${old[0]?.id}`);
    expect(found.status).toBe(200);
    expect(found.body).toMatchObject({
      ...{ id: old[0]?.id, status: 'applied', remark, alarms: [] },
      archive: shown,
    });
    for (const [method, path] of [
      ['POST', 'undo'],
      ['POST', 'cancel'],
      ['GET', 'alarms'],
      ['GET', 'events'],
    ] as const) {
      const problem = problemOf(await gateway.call(method, `/v1/operations/${old[0]?.id}/${path}`));
      expect(problem).toMatchObject({ status: 409, code: 'operation_archived' });
      expect(problem.detail).toContain(name);
    }
    for (const query of ['', '?view=full']) {
      const { items } = (await gateway.call('GET', `/v1/operations${query}`)).body as ReceiptPageDto;
      expect(items.map(({ id }) => id)).toEqual([young.id, ...old.map(({ id }) => id).reverse()]);
    }
    for (const path of ['records/1', 'export?first=1'])
      expect(problemOf(await gateway.call('GET', `/v1/audit/${path}`))).toMatchObject({
        status: 410,
        code: 'record_archived',
      });
    const proof = problemOf(await gateway.call('GET', `/v1/operations/${old[0]?.id}/proof`));
    expect(proof).toMatchObject({ status: 410, code: 'record_archived' });
    expect(proof.detail).toContain(name);
    const narrow = { key: OTHER_KEY };
    for (const sequence of [1, 1_000_000])
      expect(
        problemOf(await gateway.call('GET', `/v1/audit/records/${sequence}`, undefined, narrow)),
      ).toMatchObject({ status: 404, code: 'record_not_found' });
    expect(
      problemOf(await gateway.call('GET', `/v1/operations/${old[0]?.id}/proof`, undefined, narrow)),
    ).toMatchObject({ status: 404, code: 'operation_not_found' });
    const live = readTrail((await gateway.call('GET', '/v1/audit/export')).text, archive!.publicKey);
    expect([live.first, live.previousHash]).toEqual([written.length + 1, archive?.hash]);
    expect((await gateway.call('POST', `/v1/operations/${young.id}/undo`)).status).toBe(200);
    await end(gateway);

    // From where the archive ends, the next start verifies it all the same, and goes on.
    const again = await start();
    expect(await faults(again)).toBe(1);
    await act(again);
  });

  it('are kept as long as something is still to be done about an operation from then', async () => {
    const before = await start();
    await act(before);
    // It signs what there is.
    await before.call('GET', '/v1/audit/export');
    const expiresAt = new Date(Date.now() + 10 * DAY_MS).toISOString();
    const { id } = await act(before, { operation: 'ignore', expiresAt });
    await end(before);
    const [first, second] = (await kept()).filter(([, body]) => body.startsWith('{"kind":"intent"'));
    expect([first?.[0], second?.[0]]).toEqual([1, 3]);
    ahead = 3;
    const gateway = await start();
    expect(await untilArchived(gateway)).toMatchObject({ first: 3, last: 2 });
    expect((await gateway.call('GET', `/v1/operations/${id}`)).body).not.toHaveProperty('archive');
    expect((await everything()).map(([seq]) => seq).slice(0, 4)).toEqual([1, 2, 3, 4]);
  });

  it('stay where no archive can be written, which is said', async () => {
    const before = await start();
    for (let acts = 0; acts < 3; acts += 1) await act(before);
    await end(before);
    const written = await kept();
    renameSync(archives(), `${archives()}.away`);
    ahead = 3;
    const gateway = await start();
    const failing = () => metric(gateway, 'hss_gateway_retention_failing');
    expect(await eventually(failing, (value) => value === 1)).toBe(1);
    await act(gateway);
    expect((await kept()).slice(0, written.length)).toEqual(written);
    const told = await eventually(gateway.output, (output) => output.includes('none is removed: ENOENT'));
    expect(told).toContain('none is removed: ENOENT');
    await end(gateway);

    // A file of that name with something else in it.
    renameSync(`${archives()}.away`, archives());
    const name = `audit-${String(1).padStart(12, '0')}-${String(written.length).padStart(12, '0')}.ndjson.gz`;
    writeFileSync(join(archives(), name), 'something else');
    const other = await start();
    expect(
      await eventually(
        () => metric(other, 'hss_gateway_retention_failing'),
        (value) => value === 1,
      ),
    ).toBe(1);
    const why = `none is removed: ${name} is there, and is not an archive of these records`;
    expect(await eventually(other.output, (output) => output.includes(why))).toContain(why);
    expect((await kept()).slice(0, written.length)).toEqual(written);
    expect(readFileSync(join(archives(), name), 'utf8')).toBe('something else');
    await end(other);

    renameSync(join(archives(), name), join(folder, 'other'));
    await untilArchived(await start());
    expect((await everything()).slice(0, written.length)).toEqual(written);
  });
});

const ROUNDS = 3;
const CALLERS = 6;
/** Acts that are done before a process is killed. */
const LIFE = { least: 5, most: 30 };

describe('kill -9 under load, again and again, with archives and a file sink', () => {
  const sink = () => join(folder, 'trail.ndjson');
  const sinks = () => [{ name: 'disk', kind: 'file', path: sink(), rotateMiB: 1_000 }];
  const lag = (gateway: StandingGateway) =>
    metric(gateway, 'hss_gateway_follower_lag_records{follower="sink:disk"}');

  it.each(ENGINES)('loses no record, and gives the sink all of them in their order (%s)', async (engine) => {
    await useDatabase(engine);
    const settings = { audit: { sinks: sinks() } };
    for (let round = 0; round < ROUNDS; round += 1) {
      // What earlier rounds wrote is old enough now, and is moved while this one writes.
      ahead = round * 3;
      const gateway = await start({ settings });
      let done = 0;
      const callers = Array.from({ length: CALLERS }, async () => {
        for (; await act(gateway).catch(() => undefined); done += 1);
      });
      // It signs what there is: archives end with checkpoints from then.
      await gateway.call('GET', '/v1/audit/export');
      await untilMore(() => done, LIFE);
      await end(gateway, 'SIGKILL');
      await Promise.all(callers);
    }
    ahead = ROUNDS * 3;
    const caughtUp = await start({ settings });
    await eventually(
      () => lag(caughtUp),
      (behind) => behind === 0,
    );
    // It looks what may be moved at its start, where nothing had been given to the sink, and a minute later.
    await end(caughtUp);
    const last = await start({ settings });
    await untilArchived(last);
    expect(await metric(last, 'hss_gateway_audit_whole')).toBe(1);
    await end(last);
    const all = await everything();
    expect(all.map(([seq]) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.length).toBeGreaterThan(ROUNDS * CALLERS);
    // At least once: of what was given twice the first counts.
    const lines = readFileSync(sink(), 'utf8').split('\n').slice(0, -1);
    const given = [...new Set(lines)].map((line) => {
      const [, seq, body] = /^\{"sequence":(\d+),"hash":"[0-9a-f]{64}","record":(.*)\}$/.exec(line) ?? [];
      return [Number(seq), body];
    });
    expect(given).toEqual(all);
  });
});

describe('a full disk', () => {
  it('leaves records where they are, and no part of an archive', async () => {
    // The gateway's own database would be in its way.
    await useDatabase('postgres');
    const before = await start();
    for (let acts = 0; acts < 5; acts += 1) await act(before);
    await end(before);
    const written = await kept();
    ahead = 3;
    const full = await start({ fileKib: 1 });
    const failing = () => metric(full, 'hss_gateway_retention_failing');
    expect(await eventually(failing, (value) => value === 1)).toBe(1);
    expect((await act(full)).status).toBe('applied');
    expect((await kept()).slice(0, written.length)).toEqual(written);
    expect(readdirSync(archives())).toEqual([]);
    await end(full);
    await untilArchived(await start());
    expect((await everything()).slice(0, written.length)).toEqual(written);
  });
});

describe('several gateways on one trail', () => {
  it('move each record once', async () => {
    await useDatabase('postgres');
    const before = await start();
    for (let acts = 0; acts < 5; acts += 1) await act(before);
    await end(before);
    const written = await kept();
    ahead = 3;
    const [one, two] = await Promise.all([start(), start()]);
    await untilArchived(one);
    for (const gateway of [one, two]) {
      await act(gateway);
      expect(await metric(gateway, 'hss_gateway_retention_failing')).toBe(0);
      expect(await metric(gateway, 'hss_gateway_audit_whole')).toBe(1);
    }
    expect(archiveNames()).toHaveLength(1);
    expect((await everything()).slice(0, written.length)).toEqual(written);
    expect(await rows("SELECT seq FROM audit_record WHERE kind = 'archive'")).toHaveLength(1);
  });
});

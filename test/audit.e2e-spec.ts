import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { AuditEngine, type AuditAppend } from '../src/audit/audit.engine.js';
import type { IntentRecord } from '../src/audit/audit-record.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms } from './support/bulk-alarms.js';
import type { ProcessOptions } from './support/gateway-process.js';
import { fetchJson, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

// Each start of a process takes about a second, and several on a machine that is busy.
const OPERATE = 'event/operate';

describe('a gateway that is a process of its own', () => {
  let cloud: Simulator;
  let client: SimulatorClient;
  let folder: string;
  let last: StandingGateway | undefined;

  beforeAll(async () => {
    cloud = await startSimulator({ alarms: 0 });
    client = new SimulatorClient(cloud);
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    folder = newFolder();
    await client.control('POST', 'reset');
  });
  afterEach(async () => {
    last?.signal('SIGKILL');
    await last?.exited;
    last = undefined;
    removeFolder(folder);
  });

  async function start(options: Partial<ProcessOptions> = {}): Promise<StandingGateway> {
    last = await standGateway({ simulator: cloud, folder, ...options });
    return last;
  }

  async function stop(running: StandingGateway): Promise<void> {
    running.signal('SIGTERM');
    expect(await running.exited).toBe(0);
  }

  const control: Rig['control'] = (method, path, body) =>
    fetchJson(method, `${cloud.url}/__control${path}`, body, {});
  const alarmsOf = (count: number) => addAlarms({ control }, count);

  it('whose disk is full sends nothing any more, and says so', async () => {
    const alarms = await alarmsOf(100);
    const running = await start({ fileKib: 1_024 });
    const answers: JsonAnswer[] = [];
    const failed = () => answers.filter(({ status }) => status === 503);
    // Where an intent finds no room any more, the short record of its refusal may, for a while.
    const unready: JsonAnswer[] = [];
    const isReady = async () => {
      const answer = await running.call('GET', '/readyz');
      if (answer.status !== 200) unready.push(answer);
      return answer.status === 200;
    };
    while ((failed().length < 5 || (await isReady())) && answers.length < 500)
      answers.push(await running.operate({ operation: 'ignore', alarms }));
    for (const answer of failed()) {
      expect(problemOf(answer)).toMatchObject({
        code: 'audit_unavailable',
        retryable: true,
        detail: expect.stringContaining('nothing was sent'),
      });
      expect(answer.headers.get('retry-after')).toBe('5');
    }
    const accepted = answers.filter(({ status }) => status !== 503);
    expect(failed().length).toBeGreaterThanOrEqual(5);
    expect(accepted.length).toBeGreaterThan(0);
    // What was answered otherwise was sent, once each; of the rest, not one byte.
    expect(accepted.map(({ status }) => status)).toEqual(accepted.map(() => 200));
    expect(await client.requests(OPERATE)).toHaveLength(accepted.length);
    expect(unready.length).toBeGreaterThan(0);
    for (const answer of unready) expect(problemOf(answer)).toMatchObject({ code: 'not_ready' });
    expect((await running.call('GET', '/livez')).status).toBe(200);

    // With room again, everything that was recorded is there, and what could not be recorded is called unknown.
    running.signal('SIGKILL');
    await running.exited;
    const again = await start();
    for (const { body } of accepted) {
      const { id, recorded } = body as ReceiptDto;
      const kept = (await again.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
      if (recorded === false) expect(kept).toMatchObject({ status: 'unknown', interrupted: true });
      else expect(kept).toEqual(body);
    }
    await stop(again);
    expect(readTrailFile(folder).broken).toEqual([]);
  });

  it('that is killed between intent and outcome says afterwards that it does not know', async () => {
    const alarms = await alarmsOf(1);
    await client.addFaults({ match: { path: OPERATE }, fault: { kind: 'hang', effect: 'applied' } });
    const running = await start();
    const lost = running
      .operate({ operation: 'isolate_and_kill', alarms, remark: 'SEC-1' })
      .catch(() => 'no answer');
    await eventually(
      () => client.requests(OPERATE),
      ({ length }) => length === 1,
    );
    running.signal('SIGKILL');
    expect([await running.exited, await lost]).toEqual(['SIGKILL', 'no answer']);

    const again = await start();
    const { items } = (await again.call('GET', '/v1/operations?view=full')).body as { items: ReceiptDto[] };
    expect(items).toMatchObject([
      {
        operation: 'isolate_and_kill',
        status: 'unknown',
        interrupted: true,
        remark: 'SEC-1',
        alarms: [{ eventId: alarms[0]?.eventId, outcome: 'unknown', reason: 'gateway_interrupted' }],
        exchanges: [{ alarmCount: 1, problem: { code: 'gateway_interrupted', retryable: false } }],
      },
    ]);
    await stop(again);
    const { records, broken } = readTrailFile(folder);
    expect(records.slice(0, 2).map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
    expect(records[0]).toMatchObject({
      operationId: items[0]?.id,
      requests: [{ operate_type: 'isolate_and_kill' }],
    });
    expect(broken).toEqual([]);
  });

  it('that is killed between two parts knows the parts that were through, and that the last one never left', async () => {
    const alarms = await alarmsOf(250);
    await client.addFaults({ match: { path: OPERATE }, skip: 1, fault: { kind: 'hang' } });
    const running = await start();
    const lost = running.operate({ operation: 'ignore', alarms }).catch(() => 'no answer');
    await eventually(
      () => client.requests(OPERATE),
      ({ length }) => length === 2,
    );
    running.signal('SIGKILL');
    await Promise.all([running.exited, lost]);

    const again = await start();
    const { items } = (await again.call('GET', '/v1/operations?view=full')).body as { items: ReceiptDto[] };
    const [receipt] = items;
    expect(receipt).toMatchObject({ status: 'partially_applied', interrupted: true });
    const outcomes = receipt?.alarms.map(({ outcome }) => outcome) ?? [];
    expect([...new Set(outcomes.slice(0, 100))]).toEqual(['applied']);
    expect([...new Set(outcomes.slice(100, 200))]).toEqual(['unknown']);
    expect([...new Set(outcomes.slice(200))]).toEqual(['not_attempted']);
    expect(await client.requests(OPERATE)).toHaveLength(2);
    await stop(again);
    expect(readTrailFile(folder).broken).toEqual([]);
  });

  it('keeps its database to itself: a second one does not start', async () => {
    await start();
    await expect(standGateway({ simulator: cloud, folder })).rejects.toThrow(
      /ended with 1 before it was ready[^]*gateway\.db cannot be opened: another process has it open/,
    );
  });

  it('lets nobody but its own user read what is in it', async () => {
    const running = await start();
    await running.operate({ operation: 'ignore', alarms: await alarmsOf(1) });
    const modes = readdirSync(folder)
      .filter((name) => name.startsWith('gateway.db'))
      .map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(0);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    await stop(running);
  });

  it('leaves a chain in which any change shows', async () => {
    const alarms = await alarmsOf(3);
    const running = await start();
    for (const alarm of alarms) await running.operate({ operation: 'ignore', alarms: [alarm] });
    await running.operate({ operation: 'ignore', alarms: [] });
    await stop(running);
    const { records, broken } = readTrailFile(folder);
    expect(records.map(({ kind }) => kind)).toEqual([
      'intent',
      'outcome',
      'intent',
      'outcome',
      'intent',
      'outcome',
      'refusal',
    ]);
    expect(broken).toEqual([]);
    const database = new Database(join(folder, 'gateway.db'));
    database.prepare(`UPDATE audit_record SET body = replace(body, 'portal', 'nobody') WHERE seq = 3`).run();
    expect(readTrailFile(folder).broken).toEqual([3]);
    database.prepare(`DELETE FROM audit_record WHERE seq = 5`).run();
    database.close();
    expect(readTrailFile(folder).broken).toEqual([3, 6, 7]);
  });

  it('whose database is no database does not start', async () => {
    const file = join(folder, 'gateway.db');
    writeFileSync(file, 'this is no database, and it is longer than a header would be'.repeat(100));
    await expect(start()).rejects.toThrow(/ended with 1 before it was ready/);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  });
});

describe('the trail', () => {
  let rig: Rig;
  let engine: AuditEngine;
  beforeAll(async () => {
    rig = await startRig();
    engine = rig.gateway.app.get(AuditEngine, { strict: false });
  });
  afterAll(() => rig.close());

  it('is on the disk, not only on its way there, when a commit returns', async () => {
    expect(await engine.query('PRAGMA journal_mode', [])).toEqual([{ journal_mode: 'wal' }]);
    // 2 is FULL: every commit is synced.
    expect(await engine.query('PRAGMA synchronous', [])).toEqual([{ synchronous: 2 }]);
  });

  it('has the very bytes that went upstream', async () => {
    const alarms = await addAlarms(rig, 150);
    await rig.operate({ operation: 'isolate_and_kill', alarms, remark: 'äöü "quoted" 😀' });
    const [row] = await engine.query(
      "SELECT body FROM audit_record WHERE kind = 'intent' ORDER BY seq DESC LIMIT 1",
      [],
    );
    const sent = (await rig.received(`/${OPERATE}`)).map(({ bodyText }) => bodyText);
    expect(sent).toHaveLength(2);
    expect(row?.['body']).toContain(`"requests":[${sent.join(',')}]}`);
  });

  it('has who, what, where and when of every act', async () => {
    const [alarm] = await addAlarms(rig, 1);
    const headers = { 'X-Request-Id': 'request-of-the-trail' };
    const scope = { containerId: 'c', containerName: '/c' };
    const answer = await rig.operate(
      { operation: 'ignore', alarms: [alarm], scope, remark: 'r' },
      { headers },
    );
    const [row] = await engine.query(
      "SELECT body FROM audit_record WHERE kind = 'intent' ORDER BY seq DESC LIMIT 1",
      [],
    );
    const { id, requestedAt } = answer.body as ReceiptDto;
    expect(JSON.parse(row?.['body'] as string) as IntentRecord).toMatchObject({
      kind: 'intent',
      operationId: id,
      at: requestedAt,
      requestId: 'request-of-the-trail',
      caller: 'portal',
      operation: 'ignore',
      remark: 'r',
      scope: {
        project: 'test',
        region: 'cn-north-4',
        projectId: rig.simulator.project.id,
        enterpriseProjectId: '0',
        ...scope,
      },
      alarms: [alarm?.eventId],
    });
  });

  it('takes what comes while a commit is under way in one commit', async () => {
    const alarms = await addAlarms(rig, 200);
    const commits: number[] = [];
    const append = engine.append.bind(engine);
    engine.append = (entries: readonly AuditAppend[]) => {
      commits.push(entries.length);
      return append(entries);
    };
    const answers = await Promise.all(
      alarms.map((alarm) => rig.operate({ operation: 'ignore', alarms: [alarm] })),
    );
    expect(answers.map(({ status }) => status)).toEqual(alarms.map(() => 200));
    const records = commits.reduce((sum, count) => sum + count, 0);
    expect(records).toBe(400);
    // How many share one depends on how fast the disk is; that they share at all does not.
    expect(commits.length).toBeLessThan(records);
    expect(Math.max(...commits)).toBeGreaterThan(1);
  });

  it('that could not be written is ready again as soon as it can be, without waiting for somebody who acts', async () => {
    const [alarm] = await addAlarms(rig, 1);
    const append = engine.append.bind(engine);
    engine.append = () => Promise.reject(new Error('planted: no space left'));
    const before = (await rig.received(`/${OPERATE}`)).length;
    const refused = problemOf(await rig.operate({ operation: 'ignore', alarms: [alarm] }));
    expect(refused).toMatchObject({ status: 503, code: 'audit_unavailable', retryable: true });
    expect(JSON.stringify(refused)).not.toContain('planted');
    expect(await rig.received(`/${OPERATE}`)).toHaveLength(before);
    expect((await rig.call('GET', '/readyz')).status).toBe(503);
    engine.append = append;
    const statuses = async () => (await rig.call('GET', '/readyz')).status;
    expect(await eventually(statuses, (status) => status === 200)).toBe(200);
  });
});

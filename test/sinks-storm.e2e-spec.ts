import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { ProcessOptions } from './support/gateway-process.js';
import { metric } from './support/metrics.js';
import { eventually, untilMore } from './support/eventually.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from './support/webhook-receiver.js';

const ROUNDS = 4;
/** Callers at once, each with one operation after the other. */
const CALLERS = 8;
/** Acts that are done before a process is killed. */
const LIFE = { least: 5, most: 30 };

let folder: string;
let cloud: Simulator;
let client: SimulatorClient;
let receiver: WebhookReceiver;
let gateway: StandingGateway | undefined;
let made = 0;

beforeAll(async () => {
  cloud = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(cloud);
});
afterAll(() => cloud.close());
beforeEach(async () => {
  folder = newFolder();
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  gateway?.signal('SIGKILL');
  await gateway?.exited;
  await receiver.goDown();
  removeFolder(folder);
});

const file = () => join(folder, 'trail.ndjson');

async function start(sink: object = {}, more: Partial<ProcessOptions> = {}): Promise<StandingGateway> {
  const sinks = [
    { name: 'disk', kind: 'file', path: file(), rotateMiB: 1, keep: 1_000, ...sink },
    { name: 'siem', kind: 'webhook', url: receiver.url, secret: WEBHOOK_SECRET },
  ];
  return (gateway = await standGateway({
    simulator: cloud,
    folder,
    settings: { audit: { sinks } },
    ...more,
  }));
}

/** @returns whether it was answered */
async function act(at: StandingGateway): Promise<boolean> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await client.control('POST', 'alarms', { alarms: [asAdded(alarm)] });
  const remark = 'x'.repeat(200);
  const answer = await at
    .operate({ operation: 'mark_as_handled', alarms: [alarm], remark })
    .catch(() => undefined);
  if (answer) expect(answer.status).toBe(200);
  return answer !== undefined;
}

/** Every record of the trail as its line, read without any code of the gateway's. */
function expected(): string[] {
  const database = new Database(join(folder, 'gateway.db'), { readonly: true });
  const sql = `SELECT '{"sequence":' || seq || ',"hash":"' || lower(hex(hash)) || '","record":' || body || '}' AS line
    FROM audit_record ORDER BY seq`;
  const rows = database.prepare(sql).all() as { line: string }[];
  database.close();
  return rows.map(({ line }) => line);
}

/** Every line of the file and of those before it, oldest first; of one that was written twice the first. */
function written(): string[] {
  const numbers = readdirSync(folder).flatMap((name) => {
    const [, number] = /^trail\.ndjson\.(\d+)$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const files = [...numbers.sort((one, other) => other - one).map((number) => `${file()}.${number}`), file()];
  const texts = files.map((each) => readFileSync(each, 'utf8'));
  for (const text of texts) expect(text.slice(-1)).toBe('\n');
  return [...new Set(texts.flatMap((text) => text.split('\n').slice(0, -1)))];
}

const lag = (sink: string) => metric(gateway!, `hss_gateway_follower_lag_records{follower="sink:${sink}"}`);
const caughtUp = async (sink: string) =>
  expect(
    await eventually(
      () => lag(sink),
      (behind) => behind === 0,
    ),
  ).toBe(0);

describe('kill -9 under load, again and again, with a file and a webhook', () => {
  it('leaves nothing out of either, and nothing in another order', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await start();
      let done = 0;
      const callers = Array.from({ length: CALLERS }, async () => {
        for (; await act(running); done += 1);
      });
      await untilMore(() => done, LIFE);
      running.signal('SIGKILL');
      await running.exited;
      await Promise.all(callers);
      // As a write leaves it that was cut off anywhere.
      if (round % 2 === 0) writeFileSync(file(), '{"sequence":9999999,"ha', { flag: 'a' });
    }
    await start();
    await caughtUp('disk');
    await caughtUp('siem');
    gateway?.signal('SIGTERM');
    expect(await gateway?.exited).toBe(0);
    const lines = expected();
    expect(lines.length).toBeGreaterThan(ROUNDS * CALLERS);
    expect(written()).toEqual(lines);
    expect(receiver.firsts().map(({ text }) => text)).toEqual(lines);
    expect(receiver.unverified).toEqual([]);
  });
});

describe('a file that is full', () => {
  it('holds no act up, is reported once, and is continued when there is room again', async () => {
    const KIB = 8_192;
    const filler = (bytes: number) => `{"sequence":0,"record":"${'x'.repeat(bytes - 27)}"}\n`;
    writeFileSync(file(), filler(KIB * 1_024 - 300));
    const running = await start({ rotateMiB: 100 }, { fileKib: KIB });
    for (let acts = 0; acts < 5; acts += 1) expect(await act(running)).toBe(true);
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 10,
      ),
    ).toBe(10);
    const failures = 'hss_gateway_follower_failures_total{follower="sink:disk"}';
    await eventually(
      () => metric(running, failures),
      (count = 0) => count >= 4,
    );
    const reported = () =>
      running.lines().filter(({ follower, reason }) => follower === 'sink:disk' && reason !== undefined);
    expect(reported().map(({ reason, level }) => [reason, level])).toEqual([['EFBIG', 'warn']]);
    // Of what did not get through as a whole, nothing is there.
    expect(readFileSync(file(), 'utf8').length).toBe(KIB * 1_024 - 300);
    rmSync(file());
    await caughtUp('disk');
    const recoveries = () =>
      running.lines().filter(({ msg }) => String(msg).includes('has caught up')).length;
    expect(await eventually(recoveries, (count) => count > 0)).toBe(1);
    expect(written()).toEqual(expected());
    for (const secret of [WEBHOOK_SECRET, 'planted-token']) expect(running.output()).not.toContain(secret);
  });
});

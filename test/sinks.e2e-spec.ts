import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { FileSinkConfig, WebhookSinkConfig } from '../src/config/config.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { OTHER_KEY, startRig, type Overrides, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { ocsfViolations } from './support/ocsf.js';
import { eventually } from './support/problems.js';
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from './support/webhook-receiver.js';

let folder: string;
let receiver: WebhookReceiver;
let rig: Rig;
let made = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-sinks-'));
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await rig.close();
  await receiver.goDown();
  rmSync(folder, { recursive: true, force: true });
});

const fileSink = (more: Partial<FileSinkConfig> = {}): FileSinkConfig => ({
  ...{ kind: 'file', name: 'disk', format: 'ndjson', from: 'start', rotateBytes: 1 << 30, keep: 3 },
  path: join(folder, 'trail.ndjson'),
  ...more,
});
const webhookSink = (more: Partial<WebhookSinkConfig> = {}): WebhookSinkConfig => ({
  ...{ kind: 'webhook', name: 'siem', format: 'ndjson', from: 'start' },
  ...{ url: receiver.url, secret: WEBHOOK_SECRET },
  ...more,
});

async function start(sinks: readonly (FileSinkConfig | WebhookSinkConfig)[], more: Overrides = {}) {
  const database = { kind: 'embedded', path: join(folder, 'gateway.db') } as const;
  rig = await startRig({ database, audit: { verifySeconds: 60, sinks }, ...more });
}

async function act(operation: 'mark_as_handled' | 'isolate_and_kill' = 'mark_as_handled'): Promise<void> {
  const alarm = alarmFor(operation, (made += 1));
  await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
  const answer = await rig.operate({ operation, alarms: [alarm], remark: 'äöü 😀' });
  expect(answer.status).toBe(200);
}

interface Stored {
  readonly seq: number;
  readonly kind: string;
  readonly body: string;
  readonly hash: string;
}

/** What is in the trail, read without any code of the gateway's. */
function stored(): Stored[] {
  const database = new Database(join(folder, 'gateway.db'), { readonly: true });
  const rows = database.prepare(
    'SELECT seq, kind, body, lower(hex(hash)) AS hash FROM audit_record ORDER BY seq',
  );
  const records = rows.all() as Stored[];
  database.close();
  return records;
}

const linesOf = (path = join(folder, 'trail.ndjson')) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const asLines = (records: readonly Stored[]) =>
  records.map(({ seq, hash, body }) => `{"sequence":${seq},"hash":"${hash}","record":${body}}`);
const lag = (sink: string) => metric(rig, `hss_gateway_follower_lag_records{follower="sink:${sink}"}`);
const failures = (sink: string) =>
  metric(rig, `hss_gateway_follower_failures_total{follower="sink:${sink}"}`);
const received = (count: number) =>
  eventually(
    () => receiver.deliveries.length,
    (have) => have >= count,
  );

describe('sinks side by side', () => {
  it('are given every record once and in order, as it is stored and as events, and no secret', async () => {
    const events = fileSink({ name: 'events', format: 'ocsf', path: join(folder, 'events.ocsf') });
    await start([fileSink(), events, webhookSink(), webhookSink({ name: 'events-too', format: 'ocsf' })]);
    await act();
    await act('isolate_and_kill');
    await rig.operate({ operation: 'nothing', alarms: [] });
    await rig.call('GET', '/v1/me', undefined, { key: OTHER_KEY });
    // A refusal is written when its answer is out.
    const records = await eventually(
      () => stored(),
      (all) => all.filter(({ kind }) => kind === 'refusal').length === 2,
    );
    expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set(['intent', 'outcome', 'refusal']));
    await received(records.length * 2);
    await rig.gateway.close();

    expect(linesOf()).toEqual(asLines(records));
    const posted = receiver.deliveries.filter(({ id }) => id.startsWith('siem-'));
    expect(posted.map(({ text }) => text)).toEqual(asLines(records));
    expect(posted.map(({ id }) => id)).toEqual(records.map(({ seq }) => `siem-${seq}`));
    const eventLines = linesOf(events.path);
    expect(eventLines).toEqual(
      receiver.deliveries.filter(({ id }) => id.startsWith('events-too-')).map(({ text }) => text),
    );
    const parsed = eventLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.flatMap(ocsfViolations)).toEqual([]);
    expect(parsed.map((event) => event['class_uid'])).toEqual([6003, 6003, 6003, 7003, 6003, 6003]);
    expect(parsed.map((event) => (event['metadata'] as { sequence: number }).sequence)).toEqual(
      records.map(({ seq }) => seq),
    );
    expect(receiver.unverified).toEqual([]);
    const { password } = rig.simulator.account;
    const out = [...linesOf(), ...eventLines].join('');
    for (const secret of [OTHER_KEY, WEBHOOK_SECRET, 'planted-token', password])
      expect([secret, out.includes(secret)]).toEqual([secret, false]);
  });

  it('go on where they were, and begin at what comes next where they are to', async () => {
    await start([webhookSink()]);
    await act();
    await received(2);
    await rig.close();
    await start([webhookSink(), webhookSink({ name: 'late', from: 'now' })]);
    await act();
    await received(6);
    await rig.gateway.close();
    expect(receiver.deliveries.map(({ id }) => id).sort()).toEqual(
      ['late-3', 'late-4', 'siem-1', 'siem-2', 'siem-3', 'siem-4'].sort(),
    );
  });
});

describe('a place that lies beyond the end of the trail', () => {
  it('leaves nothing out: all that is there is given again', async () => {
    await start([fileSink()]);
    await act();
    await rig.close();
    const database = new Database(join(folder, 'gateway.db'));
    database.prepare("UPDATE follower SET position = 5 WHERE name = 'sink:disk'").run();
    database.close();
    await start([fileSink()]);
    for (let acts = 0; acts < 2; acts += 1) await act();
    await rig.gateway.close();
    const lines = asLines(stored());
    expect(linesOf()).toEqual([...lines.slice(0, 2), ...lines]);
  });
});

describe('a sink that takes nothing', () => {
  it('holds nothing up, shows how far it is behind, and is given what it lacks when it is back', async () => {
    await start([webhookSink(), fileSink()]);
    await act();
    await received(2);
    await receiver.goDown();
    for (let acts = 0; acts < 10; acts += 1) await act();
    expect(
      await eventually(
        () => lag('siem'),
        (behind) => behind === 20,
      ),
    ).toBe(20);
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 0,
      ),
    ).toBe(0);
    expect(await failures('siem')).toBeGreaterThan(0);
    await receiver.comeUp();
    expect(
      await eventually(
        () => lag('siem'),
        (behind) => behind === 0,
      ),
    ).toBe(0);
    expect(receiver.firsts().map(({ text }) => text)).toEqual(asLines(stored()));
  });

  it.each([500, 307, 401])('because it answers %d is tried again', async (status) => {
    await start([webhookSink()]);
    receiver.answer(status, { location: `${receiver.url}&again` });
    await act();
    await eventually(
      () => receiver.posts,
      (posts) => posts >= 2,
    );
    receiver.answer(undefined);
    await received(2);
    expect(receiver.firsts().map(({ id }) => id)).toEqual(['siem-1', 'siem-2']);
  });

  it('because it is gone is asked no more', async () => {
    await start([webhookSink(), fileSink()]);
    receiver.answer(410);
    await act();
    await eventually(
      () => receiver.posts,
      (posts) => posts === 1,
    );
    receiver.answer(undefined);
    await act();
    expect(
      await eventually(
        () => lag('siem'),
        (behind) => behind === 4,
      ),
    ).toBe(4);
    expect(receiver.posts).toBe(1);
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 0,
      ),
    ).toBe(0);
  });

  it('because its file cannot be written is continued when it can', async () => {
    const { path } = fileSink();
    mkdirSync(path);
    await start([fileSink()]);
    await act();
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 2,
      ),
    ).toBe(2);
    rmdirSync(path);
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 0,
      ),
    ).toBe(0);
    expect(linesOf()).toEqual(asLines(stored()));
  });

  it('does not keep a gateway from stopping', async () => {
    await start([webhookSink()]);
    await receiver.goDown();
    await act();
    await rig.gateway.close();
    await rig.close();
    await receiver.comeUp();
    await start([webhookSink()]);
    await received(2);
    expect(receiver.firsts().map(({ id }) => id)).toEqual(['siem-1', 'siem-2']);
  });
});

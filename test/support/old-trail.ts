import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import pg from 'pg';

import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';
import { fetchJson, OTHER_KEY, portal, sha256, type JsonAnswer } from './gateway.js';
import { sendUpstream } from './list-kinds.js';
import type { PostgresServer } from './postgres.js';
import { eventually } from './eventually.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './standing-gateway.js';

/** Databases that an earlier version left, and what it says of them itself: `test/fixtures/trail/make-trail.ts` made them. */

export const ENGINES = ['sqlite', 'postgres'] as const;
export type EngineName = (typeof ENGINES)[number];

/** Not in dist: it holds no program. */
export const folderOf = (engine: EngineName): string =>
  fileURLToPath(new URL(`../../../test/fixtures/trail/${engine}/`, import.meta.url));

/** What upstream was asked for and did; done again, it makes a new simulated cloud what the old one was. */
export interface CloudAct {
  readonly method: string;
  /** After `/event/`, with its query. */
  readonly path: string;
  /** JSON, as it travelled. */
  readonly body: string;
}

/** An alarm, as short as may be: event id, event class, event type and time. */
export type OldAlarm = readonly [string, string, number, number];

/** What is known of one of the databases besides what is in it. */
export interface OldTrail {
  /** Epoch milliseconds: when the last process that wrote to it was killed. */
  readonly savedAt: number;
  /** Ids of operations, by what they are an example of. */
  readonly operations: Readonly<Record<string, string>>;
  readonly plans: Readonly<
    Record<string, { readonly id: string; readonly digest: string; readonly expiresAt: string }>
  >;
  /** Under an Idempotency-Key, and what was answered. */
  readonly once: {
    readonly key: string;
    readonly body: { readonly operation: string; readonly alarms: readonly object[] };
    readonly answer: object;
  };
  readonly cloud: { readonly alarms: readonly OldAlarm[]; readonly acts: readonly CloudAct[] };
  /** By path, what the version that made it answers when it has opened it again and everything has come to its end. */
  readonly answers: Readonly<Record<string, unknown>>;
}

export const readOldTrail = (engine: EngineName): OldTrail =>
  JSON.parse(readFileSync(join(folderOf(engine), 'expected.json'), 'utf8')) as OldTrail;

const [GRANT] = portal.grants;
const bot = (id: string, key: string, limits: object) => ({
  ...{ id, keys: [{ sha256: sha256(key) }], grants: [GRANT], limits },
});
export const NIGHT_KEY = 'test-key-of-the-night-bot';
export const COUNTED_KEY = 'test-key-of-the-counted-bot';

/** The configuration under which the databases were made. */
export const SETTINGS = {
  callers: [
    { ...portal, onBehalfOf: true, grants: [{ ...GRANT, rights: ['read', 'act', 'approve', 'audit'] }] },
    bot('chat-bot', OTHER_KEY, { maxHostsPerHour: 1 }),
    bot('night-bot', NIGHT_KEY, { maxHostsPerHour: 1 }),
    bot('counted-bot', COUNTED_KEY, { destructivePerDay: 1 }),
  ],
  // The second one waits: it has its intent, and nothing of it was sent.
  background: { operationsAtOnce: 1 },
  plans: { expireMinutes: 55 },
};
export const UPSTREAM = { deadlineMs: 30_000, attemptTimeoutMs: 30_000, settleQuietMs: 1_000 };

/** By the gateway's clock, the next start. What was due in between is due then; plans, keys and brakes are still good. */
export const NEXT_START_AFTER_MS = 600_000;

/** One record, as it is stored. */
export interface StoredRecord {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly operation_id: string | null;
  readonly body: string;
  readonly hash: string;
}

const ROWS = (hash: string) =>
  `SELECT seq, at, kind, operation_id, body, ${hash} AS hash FROM audit_record ORDER BY seq`;

/** A copy of one of the databases, where a gateway may go on with it. */
export interface PlacedTrail {
  /** Of the gateway. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** While no gateway has it open. */
  records(): Promise<StoredRecord[]>;
  /** As somebody would who writes to it by hand. */
  edit(sql: string): Promise<void>;
  remove(): void;
}

/** @param postgres where to; absent for the embedded database */
export async function placeOldTrail(engine: EngineName, postgres?: PostgresServer): Promise<PlacedTrail> {
  const folder = newFolder();
  const remove = () => removeFolder(folder);
  if (engine === 'sqlite') {
    const file = join(folder, 'gateway.db');
    for (const name of ['gateway.db', 'gateway.db-wal'])
      writeFileSync(join(folder, name), gunzipSync(readFileSync(join(folderOf(engine), `${name}.gz`))));
    const open = <T>(use: (database: Database.Database) => T): Promise<T> => {
      const database = new Database(file);
      const found = use(database);
      database.close();
      return Promise.resolve(found);
    };
    return {
      folder,
      env: {},
      records: () => open((database) => database.prepare(ROWS('lower(hex(hash))')).all() as StoredRecord[]),
      edit: (sql) => open((database) => void database.exec(sql)),
      remove,
    };
  }
  if (!postgres) throw new Error('a PostgreSQL server is needed');
  const url = await postgres.createDatabase(`old_trail_${(placed += 1)}`);
  const run = async (sql: string): Promise<StoredRecord[]> => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<StoredRecord>(sql);
    await client.end();
    return rows?.map(({ seq, at, ...record }) => ({ ...record, seq: Number(seq), at: Number(at) }));
  };
  await run(readFileSync(join(folderOf(engine), 'dump.sql'), 'utf8'));
  return {
    folder,
    env: { GATEWAY_DATABASE_URL: url },
    records: () => run(ROWS("encode(hash, 'hex')")),
    edit: async (sql) => void (await run(sql)),
    remove,
  };
}
let placed = 0;

/** Sequence numbers of records that do not follow from the one before: SHA-256 over its hash and the text. */
export function brokenIn(records: readonly StoredRecord[]): number[] {
  let previous: Buffer = Buffer.alloc(32);
  return records.flatMap(({ seq, body, hash }, index) => {
    const follows = createHash('sha256').update(previous).update(body).digest('hex') === hash;
    previous = Buffer.from(hash, 'hex');
    return follows && seq === index + 1 ? [] : [seq];
  });
}

/** The variables that set a gateway's clock ahead. */
export const clockAhead = (milliseconds: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${new URL('shifted-clock.js', import.meta.url).href}`,
  CLOCK_AHEAD_MS: String(milliseconds),
});

/** A gateway that goes on with an old database, in front of a cloud in which all of it has happened. */
export interface Reopened {
  readonly simulator: Simulator;
  readonly gateway: StandingGateway;
  /** A control route of the simulator. */
  control(method: string, path: string, body?: unknown): Promise<JsonAnswer>;
  /** Ends the gateway in order; answers its exit code. */
  end(): Promise<number | NodeJS.Signals>;
  close(): Promise<void>;
}

/** @param startAt what both clocks show then, in epoch milliseconds */
export async function reopen(trail: PlacedTrail, old: OldTrail, startAt: number): Promise<Reopened> {
  const ahead = startAt - Date.now();
  const simulator = await startSimulator({ alarms: 0, now: () => Date.now() + ahead });
  try {
    const control: Reopened['control'] = (method, path, body) =>
      fetchJson(method, `${simulator.url}/__control${path}`, body, {});
    const alarms = old.cloud.alarms.map(([eventId, eventClassId, eventType, occurTime]) => ({
      ...{ eventId, eventClassId, eventType, occurTime },
    }));
    await control('POST', '/alarms', { alarms });
    for (const { method, path, body } of old.cloud.acts) await sendUpstream(simulator, method, path, body);
    await control('DELETE', '/requests');
    const env = { ...trail.env, ...clockAhead(ahead) };
    const gateway = await standGateway({
      ...{ simulator, folder: trail.folder, settings: SETTINGS, upstream: UPSTREAM, env },
    });
    const end = (signal: NodeJS.Signals = 'SIGTERM') => {
      gateway.signal(signal);
      return gateway.exited;
    };
    const close = async () => {
      await end('SIGKILL');
      await simulator.close();
    };
    return { simulator, gateway, control, end, close };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

interface Page {
  readonly items: readonly { readonly id: string; readonly status: string }[];
  readonly nextCursor?: string;
}

/** What is found under a path: an object, or the items of all its pages. */
export async function read({ gateway }: Pick<Reopened, 'gateway'>, path: string): Promise<unknown> {
  const first = await gateway.call('GET', path);
  if (first.status !== 200) return { status: first.status, ...(first.body as object) };
  let page = first.body as Partial<Page>;
  // A receipt has items as well, and is no page.
  if (!page.items || 'id' in page) return page;
  const items = [...page.items];
  while (page.nextCursor !== undefined) {
    const cursor = `cursor=${encodeURIComponent(page.nextCursor)}`;
    page = (await gateway.call('GET', `${path}${path.includes('?') ? '&' : '?'}${cursor}`)).body as Page;
    items.push(...page.items!);
  }
  return items;
}

/** What hangs is given up; that it is not at rest shows in what it answers. */
const LONGEST_UNREST_MS = 240_000;

/** When nothing of what was left is pending or unknown any more, and what was due was taken back. */
export async function untilAtRest(reopened: Reopened, old: OldTrail): Promise<void> {
  const due = old.operations['expirationDue'];
  const givenUpAt = Date.now() + LONGEST_UNREST_MS;
  await eventually(
    async () => [
      ...((await read(reopened, '/v1/operations?caller=*')) as Page['items']).map(({ status }) => status),
      ...((await read(reopened, '/v1/expirations')) as { operationId: string; status: string }[]).flatMap(
        ({ operationId, status }) => (operationId === due ? [status] : []),
      ),
    ],
    (statuses) =>
      Date.now() > givenUpAt ||
      !statuses.some((status) => ['pending', 'unknown', 'scheduled'].includes(status)),
  );
}

const NEW = '(new)';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/**
 * An answer without what differs from one opening to the next: ids and times that came to be after the database was saved, and how
 * long an exchange took that was made since. What is in the records stays to the letter.
 */
export function steady(old: OldTrail, records: readonly StoredRecord[]): (answer: unknown) => unknown {
  const known = [
    ...records.map(({ body }) => body),
    JSON.stringify([old.operations, old.plans, old.cloud]),
  ].join('\n');
  const ids = new Set(Object.values(old.operations));
  const isNew = (text: string) =>
    !known.includes(text) && (ID.test(text) || (TIME.test(text) && Date.parse(text) > old.savedAt));
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return isNew(value) ? NEW : value;
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, clean(member)] as const);
    const cleaned = Object.fromEntries(members) as Record<string, unknown>;
    // How long an exchange took that was made since.
    if ([cleaned['requestId'], cleaned['upstreamRequestId']].includes(NEW)) cleaned['durationMs'] = NEW;
    // A sentence for people, which a version may put better.
    if (typeof cleaned['detail'] === 'string' && cleaned['detail'] !== '') cleaned['detail'] = '(words)';
    return cleaned;
  };
  const isOldOrNoOperation = (item: unknown): boolean => {
    const { id, operation } = item as { id?: string; operation?: string };
    return id === undefined || operation === undefined || ids.has(id);
  };
  return (answer) => clean(Array.isArray(answer) ? answer.filter(isOldOrNoOperation) : answer);
}

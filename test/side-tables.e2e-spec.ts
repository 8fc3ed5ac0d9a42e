import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import pg from 'pg';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { AuditEngine, Row } from '../src/audit/audit.engine.js';
import type { IntentRecord } from '../src/audit/audit-record.js';
import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { withExclusiveAccess, withSnapshot } from '../src/audit/offline.js';
import { PostgresEngine } from '../src/audit/postgres.engine.js';
import { compareSideTables } from '../src/audit/side-tables.compare.js';
import { rebuildSideTables } from '../src/audit/side-tables.rebuild.js';
import type { DatabaseConfig } from '../src/config/config.js';
import { AUDIT_KEY } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { history, write } from './support/side-history.js';

/** A database that no gateway has open. */
interface Store {
  readonly config: DatabaseConfig;
  open(): Promise<AuditEngine>;
  /** As somebody would who looks at it, or writes to it, by hand. */
  sql(text: string): Promise<Row[]>;
  remove(): Promise<void>;
}

let postgres: PostgresServer;
let shared: pg.Client;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase('side_tables');
  await (await PostgresEngine.open(url, 30_000, { current: AUDIT_KEY })).close();
  shared = new pg.Client(url);
  await shared.connect();
});
afterAll(async () => {
  await shared.end();
  await postgres.close();
});

const STORES: Readonly<Record<'sqlite' | 'postgres', () => Promise<Store>>> = {
  sqlite: () => {
    const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-side-'));
    const path = join(folder, 'gateway.db');
    return Promise.resolve({
      config: { kind: 'embedded', path },
      open: () => EmbeddedEngine.open(path),
      sql: (text) => {
        const database = new Database(path);
        const statement = database.prepare(text);
        const rows = statement.reader ? (statement.all() as Row[]) : [];
        if (!statement.reader) statement.run();
        database.close();
        return Promise.resolve(rows);
      },
      remove: () => Promise.resolve(rmSync(folder, { recursive: true })),
    });
  },
  postgres: async () => {
    const sql = async (text: string) => (await shared.query<Row>(text)).rows;
    await sql(`TRUNCATE ${['audit_record', 'operation_alarms', ...Object.keys(COLUMNS)].join(', ')}`);
    return {
      config: { kind: 'postgres', url, goneAfterMs: 30_000 },
      open: () => PostgresEngine.open(url, 30_000, { current: AUDIT_KEY }),
      sql,
      remove: () => Promise.resolve(),
    };
  },
};
const ENGINES = ['sqlite', 'postgres'] as const;

/** What records say of each table, key first. */
const COLUMNS = {
  operation:
    'id, caller, type, project, enterprise_project_id, status, open, undoes, expires_at, targets, asked, fate, cancelled',
  claim: 'caller, key, fingerprint, operation_id, at',
  reached_alarms: 'caller, operation_id, at, alarms',
  reached_host: 'caller, agent_id, operation_id, at',
  brake: 'caller, engaged, at',
} as const;
type Table = keyof typeof COLUMNS;
const TABLES = Object.keys(COLUMNS) as Table[];

const rowsOf = async (store: Store, table: Table) =>
  (await store.sql(`SELECT ${COLUMNS[table]} FROM ${table} ORDER BY ${COLUMNS[table]}`)) as Cells[];

/** Everything that was derived, but for SQLite's index of alarms, which only answers questions. */
async function dump(store: Store): Promise<unknown> {
  const tables: unknown[] = [];
  for (const table of TABLES) tables.push(await rowsOf(store, table));
  const alarms =
    store.config.kind === 'postgres'
      ? await store.sql('SELECT * FROM operation_alarms ORDER BY operation_id')
      : [];
  return JSON.parse(JSON.stringify([...tables, alarms]));
}

/** A row, as far as it is derived. */
type Cells = Readonly<Record<string, string | number | null>>;

const quoted = (value: string | number | null) => {
  if (typeof value !== 'string') return String(value);
  // SQLite reads a text up to such a character.
  return `'${value.replaceAll("'", "''").replaceAll('\0', "' || char(0) || '")}'`;
};

/** Something else of the same kind. */
function other(value: string | number | null, isText: boolean): string {
  if (value === null) return isText ? `'planted'` : '1';
  return isText ? quoted(`${value}x`) : `${value} + 1`;
}

/** What may be done by hand to what stands beside the trail; undefined: there is nothing to do it to. */
type Mutation = (store: Store, seed: number) => Promise<string | undefined>;

const isText = (column: string) =>
  !['open', 'expires_at', 'targets', 'at', 'alarms', 'engaged'].includes(column);

async function pick(store: Store, table: Table, seed: number) {
  const rows = await rowsOf(store, table);
  const row = rows[seed % Math.max(1, rows.length)];
  const where =
    row &&
    Object.keys(row).map((column) =>
      row[column] === null ? `${column} IS NULL` : `${column} = ${quoted(row[column] ?? null)}`,
    );
  return row && { row, where: where?.join(' AND ') };
}

const edit: Mutation = async (store, seed) => {
  const table = TABLES[seed % TABLES.length] ?? 'operation';
  const found = await pick(store, table, seed >> 3);
  if (!found) return undefined;
  const columns = Object.keys(found.row);
  const column = columns[(seed >> 6) % columns.length] ?? '';
  return `UPDATE ${table} SET ${column} = ${other(found.row[column] ?? null, isText(column))} WHERE ${found.where}`;
};
const remove: Mutation = async (store, seed) => {
  const table = TABLES[seed % TABLES.length] ?? 'operation';
  const found = await pick(store, table, seed >> 3);
  return found && `DELETE FROM ${table} WHERE ${found.where}`;
};
const empty: Mutation = async (store, seed) => {
  const table = TABLES[seed % TABLES.length] ?? 'operation';
  return (await rowsOf(store, table)).length > 0 ? `DELETE FROM ${table}` : undefined;
};
/** A row like another one, of an operation that there is not, or for what that operation did not ask. */
const plant: Mutation = async (store, seed) => {
  const table = TABLES[seed % TABLES.length] ?? 'operation';
  const found = await pick(store, table, seed >> 3);
  if (!found) return undefined;
  const column = {
    operation: 'id',
    claim: 'key',
    reached_alarms: 'operation_id',
    reached_host: 'agent_id',
    brake: 'caller',
  }[table];
  const values = Object.entries(found.row).map(([name, value]) =>
    quoted(name === column ? 'planted' : value),
  );
  return `INSERT INTO ${table} (${COLUMNS[table]}) VALUES (${values.join(', ')})`;
};
const alarms: Mutation = async (store, seed) => {
  const [first] = await store.sql(
    `SELECT operation_id AS id, seq FROM audit_record WHERE kind = 'intent' LIMIT 1`,
  );
  const [named] = await store.sql(`SELECT id FROM operation WHERE targets > 0 LIMIT 1`);
  if (!first || !named) return undefined;
  const ways =
    store.config.kind === 'postgres'
      ? [
          `DELETE FROM operation_alarms WHERE operation_id = '${named['id'] as string}'`,
          `UPDATE operation_alarms SET tokens = tokens || ARRAY['pplanted'] WHERE operation_id = '${first['id'] as string}'`,
          `INSERT INTO operation_alarms VALUES ('planted', ARRAY['pplanted'])`,
        ]
      : [
          `INSERT INTO alarm_index (alarm_index) VALUES ('delete-all')`,
          `INSERT INTO alarm_index (rowid, tokens) VALUES (${first['seq'] as number}, 'pplanted')`,
          `INSERT INTO alarm_index (rowid, tokens) VALUES (99999, 'pplanted')`,
        ];
  return ways[seed % ways.length];
};
/** A claim that a later operation took over is given back to the one that had it before. */
const giveBack: Mutation = async (store) => {
  const bodies = await store.sql(`SELECT body FROM audit_record WHERE kind = 'intent' ORDER BY seq`);
  const intents = bodies.map(({ body }) => JSON.parse(body as string) as IntentRecord);
  for (const { caller, key, operation_id: id } of await rowsOf(store, 'claim')) {
    const { operationId = id, at = '' } =
      intents.find((one) => one.caller === caller && one.claims?.some((claim) => claim.key === key)) ?? {};
    if (operationId !== id)
      return `UPDATE claim SET operation_id = '${operationId}', fingerprint = '${operationId}', at = ${Date.parse(at)}
        WHERE caller = '${caller}' AND key = '${key}'`;
  }
  return undefined;
};
const MUTATIONS = { edit, remove, empty, plant, alarms, giveBack };

const compare = (store: Store) => withSnapshot(store.config, (engine) => compareSideTables(engine, 100));
const rebuild = (store: Store) => withExclusiveAccess(store.config, (engine) => rebuildSideTables(engine));

async function written(store: Store, drawn: Parameters<typeof write>[1]): Promise<string[]> {
  const engine = await store.open();
  const ids = await write(engine, drawn);
  await engine.close();
  return ids;
}

describe.each(ENGINES)('the tables beside a trail in %s', (name) => {
  const property = (
    check: (store: Store, ids: string[], mutation: keyof typeof MUTATIONS, seed: number) => Promise<void>,
    numRuns: number,
  ) =>
    fc.assert(
      fc.asyncProperty(
        history,
        fc.constantFrom(...(Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[])),
        fc.nat(),
        async (drawn, mutation, seed) => {
          const store = await STORES[name]();
          try {
            await check(store, await written(store, drawn), mutation, seed);
          } finally {
            await store.remove();
          }
        },
      ),
      { numRuns },
    );

  it('are what the trail says, whatever happened, and are made the same again', async () => {
    await property(async (store, ids) => {
      expect(await compare(store)).toEqual([]);
      const before = await dump(store);
      expect(await rebuild(store)).toEqual({ operations: ids.length, removed: 0, tree: false });
      expect(await dump(store)).toEqual(before);
      expect(await compare(store)).toEqual([]);
    }, 15);
  });

  it('are found out when somebody changes them, and made as they were', async () => {
    let mutated = 0;
    await property(async (store, _, mutation, seed) => {
      const before = await dump(store);
      const text = await MUTATIONS[mutation](store, seed);
      if (text === undefined) return;
      await store.sql(text);
      mutated += 1;
      expect([text, await compare(store)]).not.toEqual([text, []]);
      await rebuild(store);
      expect([text, await compare(store)]).toEqual([text, []]);
      expect([text, await dump(store)]).toEqual([text, before]);
    }, 40);
    expect(mutated).toBeGreaterThan(10);
  });
});

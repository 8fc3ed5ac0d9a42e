import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';

import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import { emptyState } from './admission.js';
import { admissionReadings } from './admission-state.js';
import { appendEntries, linkOnly, maySeal } from './append-rows.js';
import {
  exclusively,
  inTransaction,
  migrate,
  openPool,
  placeOf,
  reasonOf,
  type TrailEnd,
  type TrailTransaction,
} from './postgres.connection.js';
import { PostgresKeeper } from './postgres.keeper.js';
import { GatheredRows } from './postgres.rows.js';
import { beginningOf, type LastRecord } from './trail-beginning.js';
import type { TrailKeeper } from './trail-keeper.js';
import { TrailStatements } from './trail-statements.js';
import { AuditKeys, type AuditKeyTexts } from './tree/audit-keys.js';

/** This start of this process, among all that share the database. Only the database's clock counts. */
export class Instance {
  readonly id = uuidv7();
  #beatAt = -Infinity;

  /** @param goneAfterMs how long after its last sign of life an instance counts as gone */
  constructor(readonly goneAfterMs: number) {}

  /** Whether the last sign of life is too old: others may soon take this one for gone. */
  get isSilent(): boolean {
    return performance.now() - this.#beatAt > this.goneAfterMs / 3;
  }

  async beat(database: Pick<pg.PoolClient, 'query'>): Promise<void> {
    const at = performance.now();
    await database.query(
      `INSERT INTO instance (id, seen_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`,
      [this.id],
    );
    this.#beatAt = at;
  }

  async leave(database: Pick<pg.PoolClient, 'query'>): Promise<void> {
    await database.query('DELETE FROM instance WHERE id = $1', [this.id]);
  }
}

const KEY_CHANGES = `SELECT seq, kind, body FROM audit_record
  WHERE kind IN ('key', 'acknowledgement', 'verification') AND kind = 'key' ORDER BY seq`;

/** Connections: for records, for what is taken over, and for signs of life. */
const WRITERS = 3;
const READERS = 8;

/** PostgreSQL, which several gateways share: one trail, one chain, and one writer at a time among all of them. */
export class PostgresEngine extends AuditEngine {
  override readonly dialect = 'postgres';
  readonly #logger = new Logger(PostgresEngine.name);
  /** Of their own, so that readers never keep a record or a sign of life waiting. */
  readonly #writers: pg.Pool;
  readonly #readers: pg.Pool;
  readonly #keys: AuditKeys;
  readonly keeper: TrailKeeper;
  #reachable = true;

  private constructor(
    url: string,
    readonly instance: Instance,
    keys: AuditKeyTexts,
  ) {
    super();
    this.#keys = new AuditKeys(keys);
    this.keeper = new PostgresKeeper(this.#keys, this);
    const onLost = (error: Error) =>
      this.#logger.warn({ reason: reasonOf(error) }, 'lost a connection to the audit database');
    this.#writers = openPool(url, WRITERS, onLost);
    this.#readers = openPool(url, READERS, onLost);
  }

  /** @param goneAfterMs how long after its last sign of life a process counts as gone. @throws Error when it cannot be opened */
  static async open(url: string, goneAfterMs: number, keys: AuditKeyTexts): Promise<PostgresEngine> {
    const engine = new PostgresEngine(url, new Instance(goneAfterMs), keys);
    try {
      await migrate(engine.#writers, (client) => engine.#begin(client));
      await engine.instance.beat(engine.#writers);
      return engine;
    } catch (error) {
      const place = placeOf(engine.#writers);
      await engine.#end();
      throw new Error(`the PostgreSQL database at ${place} cannot be opened`, { cause: error });
    }
  }

  /** While nobody else writes: the table has just got a column. */
  async #begin(client: Pick<pg.PoolClient, 'query'>): Promise<void> {
    const { rows } = await client.query<LastRecord>(
      'SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1',
    );
    const { note, seal } = beginningOf(rows[0], this.#keys);
    if (seal) await client.query('UPDATE audit_record SET seal = $1 WHERE seq = $2', [seal, rows[0]?.seq]);
    await client.query('INSERT INTO checkpoint (size, at, note) VALUES (0, $1, $2)', [Date.now(), note]);
  }

  override get reachable(): boolean {
    return this.#reachable;
  }

  async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    const { rejected } = await this.exclusively(async (transaction) => {
      const { client } = transaction;
      const state = emptyState('postgres', this.instance.id);
      const answers = admissionReadings(entries, state).map(async ({ text, given, note }) => {
        const { rows } = await client.query<Row>(text, [JSON.stringify(given)]);
        rows.forEach(note);
      });
      // A process that writes is not gone: no other may take over what is written here.
      if (this.instance.isSilent) answers.push(this.instance.beat(client));
      const [end] = await Promise.all([transaction.end, ...answers]);
      const rows = new GatheredRows();
      const isEndSealed = await this.#isSealed(end, client);
      if (end && !isEndSealed) this.keeper.onForeignEnd(end.place);
      const sealed = maySeal(entries, isEndSealed);
      const appended = appendEntries(entries, state, end, rows, {
        link: linkOnly,
        seal: (seq, hash) => (sealed ? this.#keys.seal(seq, hash) : null),
      });
      const statement = rows.statement();
      if (statement) transaction.last = statement;
      return appended;
    });
    this.#reachable = true;
    return rejected;
  }

  /** By this gateway, or by one that has changed to another key meanwhile. */
  async #isSealed(end: TrailEnd | undefined, client: pg.PoolClient): Promise<boolean> {
    if (!end || end.moved || this.#keys.isSealed(end.place, end.hash, end.seal)) return true;
    const { rows } = await client.query<{ seq: number; kind: string; body: string }>(KEY_CHANGES);
    const { current } = new TrailStatements(this.#keys.verifiers, rows);
    return current !== undefined && this.#keys.verifiers.every(({ text }) => text !== current);
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const { rows } = await this.#readers.query<Row>(sql, parameters.map(acceptable));
    return rows;
  }

  /** Does something while no other gateway writes to the trail, in one transaction. @throws CommitUnknown */
  exclusively<T>(work: (transaction: TrailTransaction) => Promise<T>): Promise<T> {
    return exclusively(this.#writers, work);
  }

  /** Does something in one transaction, while others write. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return inTransaction(this.#readers, work);
  }

  /** A sign of life, which also shows whether the database can be reached. */
  async beat(): Promise<void> {
    if (this.#writers.ending) return;
    try {
      await this.instance.beat(this.#writers);
      this.#reachable = true;
    } catch (error) {
      if (this.#reachable)
        this.#logger.error({ reason: reasonOf(error) }, 'the audit database cannot be reached');
      this.#reachable = false;
    }
  }

  async close(): Promise<void> {
    // Others take over at once what this one owned; without this they notice later by themselves.
    await this.instance.leave(this.#writers).catch(() => undefined);
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all([this.#writers.end(), this.#readers.end()]);
  }
}

/** The database takes no text with a zero character in it, so none of its texts equals one. */
function acceptable(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

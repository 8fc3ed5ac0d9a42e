import { Logger } from '@nestjs/common';
import type pg from 'pg';

import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from '../audit.engine.js';
import { GENESIS, link } from '../chain.js';
import { Admission } from './admission.js';
import { Batch } from './batch.js';
import { Instance } from './instance.js';
import { openPool, placeOf, reasonOf } from './postgres.pool.js';
import { migrate } from './postgres.schema.js';
import { exclusively, type ChainEnd } from './postgres.transaction.js';
import { admissionStateOf } from './admission-state.js';

/** Connections: for records, for what is taken over, and for signs of life. */
const WRITERS = 3;
const READERS = 8;

/** PostgreSQL, which several gateways share: one trail, one chain, and one writer at a time among all of them. */
export class PostgresEngine extends AuditEngine {
  override readonly dialect = 'postgres';
  readonly #logger = new Logger(PostgresEngine.name);
  /** Of their own, so that no crowd of readers keeps a record or a sign of life waiting. */
  readonly #writers: pg.Pool;
  readonly #readers: pg.Pool;
  #reachable = true;

  private constructor(
    url: string,
    readonly instance: Instance,
  ) {
    super();
    const onLost = (error: Error) =>
      this.#logger.warn({ reason: reasonOf(error) }, 'lost a connection to the audit database');
    this.#writers = openPool(url, WRITERS, onLost);
    this.#readers = openPool(url, READERS, onLost);
  }

  /** @param goneAfterMs how long after its last sign of life a process counts as gone. @throws Error when it can't be opened */
  static async open(url: string, goneAfterMs: number): Promise<PostgresEngine> {
    const engine = new PostgresEngine(url, new Instance(goneAfterMs));
    try {
      await migrate(engine.#writers);
      await engine.instance.beat(engine.#writers);
      return engine;
    } catch (error) {
      const place = placeOf(engine.#writers);
      await engine.#end();
      throw new Error(`the PostgreSQL database at ${place} cannot be opened`, { cause: error });
    }
  }

  override get reachable(): boolean {
    return this.#reachable;
  }

  async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    const leftOut = await this.exclusively(async (client, end) => {
      // Whoever writes is not gone: nobody may take over what is written here.
      if (this.instance.isSilent) await this.instance.beat(client);
      return this.#write(client, end, entries);
    });
    this.#reachable = true;
    return leftOut;
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const { rows } = await this.#readers.query<Row>(sql, parameters.map(acceptable));
    return rows;
  }

  /** Does something while no other gateway writes to the trail, in one transaction. @throws CommitInDoubt */
  exclusively<T>(work: (client: pg.PoolClient, end: ChainEnd | undefined) => Promise<T>): Promise<T> {
    return exclusively(this.#writers, work);
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
    // Others need not wait for what this one would have looked after; they find out by themselves if they can't be told.
    await this.instance.leave(this.#writers).catch(() => undefined);
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all([this.#writers.end(), this.#readers.end()]);
  }

  async #write(
    client: pg.PoolClient,
    end: ChainEnd | undefined,
    entries: readonly AuditAppend[],
  ): Promise<readonly RejectedAppend[]> {
    const admission = new Admission(await admissionStateOf(client, entries), this.instance.id);
    const batch = new Batch(this.instance.id);
    const leftOut: RejectedAppend[] = [];
    const first = end?.seq ?? 0;
    let { seq, hash } = end ?? { seq: 0, hash: GENESIS };
    for (const [index, entry] of entries.entries()) {
      const why = admission.refuses(entry);
      if (why) {
        leftOut.push({ index, why });
        continue;
      }
      if (entry.rehearsed) continue;
      seq += 1;
      hash = link(hash, entry.body);
      batch.add(entry, seq, hash);
      admission.note(entry);
    }
    if (seq > first) await client.query(batch.statement());
    return leftOut;
  }
}

/** The database takes no text with a zero character in it, so none of its texts equals one. */
function acceptable(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

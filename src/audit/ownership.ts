import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';

import type { Clock } from '../domain/times.js';
import { CommitUnknown, type AuditEngine } from './audit.engine.js';
import { queriesOver } from './engine.dialect.js';
import type { PostgresEngine } from './postgres.engine.js';

/**
 * Which open operations are this process's to look after: those that it began, and those whose process is gone and that it took
 * over. Open is an operation under way, or one of unknown outcome.
 */
export abstract class Ownership {
  /** Milliseconds until there may be more to take over; undefined: never. */
  abstract readonly lookAgainMs: number | undefined;

  /** Ids of open operations whose process is gone, oldest first: from now on they are this one's and no other's. */
  abstract takeOver(): Promise<readonly string[]>;

  /** Whether an operation is this process's, and no other has taken it over. */
  abstract isMine(operationId: string): Promise<boolean>;
}

/** Of a store that one process has to itself: all that is open when it starts was another's, which is gone. */
export class SoleOwnership extends Ownership {
  readonly lookAgainMs = undefined;

  constructor(private readonly engine: AuditEngine) {
    super();
  }

  async takeOver(): Promise<readonly string[]> {
    const open = queriesOver(this.engine).selectFrom('operation').select('id').where('open', '=', 1);
    return (await open.orderBy('id').execute()).map(({ id }) => id);
  }

  isMine(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

/** Signs of life within the time after which a process counts as gone. */
const BEATS = 6;
const LOOKS = 3;

/** Without a sign of life for a day. */
const FORGET_GONE = `DELETE FROM instance WHERE seen_at < clock_timestamp() - interval '1 day'`;
/** The open operations of processes that are gone, and those of which it is not known whether this one took them before. */
const TAKE_OVER = `
  UPDATE operation SET instance = $1
  WHERE open = 1 AND (
    instance = $1 AND id = ANY($3::text[])
    OR instance IS DISTINCT FROM $1 AND NOT EXISTS (
      SELECT 1 FROM instance WHERE instance.id = operation.instance
        AND seen_at > clock_timestamp() - $2 * interval '1 millisecond'))
  RETURNING operation.id`;

/** Of a store that several processes share: each gives signs of life, and takes over from those that do not. */
export class SharedOwnership extends Ownership implements OnModuleInit, OnApplicationShutdown {
  readonly lookAgainMs: number;
  #cancel: (() => void) | undefined;
  #stopped = false;
  #maybeTaken: readonly string[] = [];

  constructor(
    private readonly engine: PostgresEngine,
    private readonly clock: Clock,
  ) {
    super();
    this.lookAgainMs = engine.instance.goneAfterMs / LOOKS;
  }

  onModuleInit(): void {
    this.#beatLater();
  }

  /** No earlier: what is under way is finished first. */
  onApplicationShutdown(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async takeOver(): Promise<readonly string[]> {
    const { id, goneAfterMs } = this.engine.instance;
    let taken: readonly string[] = [];
    try {
      await this.engine.exclusively(async ({ client }) => {
        await client.query(FORGET_GONE);
        const { rows } = await client.query<{ id: string }>(TAKE_OVER, [id, goneAfterMs, this.#maybeTaken]);
        taken = rows.map((row) => row.id).sort();
      });
    } catch (error) {
      if (error instanceof CommitUnknown) this.#maybeTaken = taken;
      throw error;
    }
    this.#maybeTaken = [];
    return taken;
  }

  async isMine(operationId: string): Promise<boolean> {
    const { id } = this.engine.instance;
    const sql = 'SELECT id FROM operation WHERE id = $1 AND instance = $2';
    return (await this.engine.query(sql, [operationId, id])).length > 0;
  }

  #beatLater(): void {
    if (this.#stopped) return;
    this.#cancel = this.clock.schedule(this.engine.instance.goneAfterMs / BEATS, () => {
      void this.engine.beat().finally(() => this.#beatLater());
    });
  }
}

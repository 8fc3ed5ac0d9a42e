import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { Clock } from '../../domain/times.js';
import { CommitUnknown } from '../audit.engine.js';
import { Ownership } from '../ownership.js';
import type { PostgresEngine } from './postgres.engine.js';

/** Signs of life within the time after which a process counts as gone. */
const BEATS = 6;
const LOOKS = 3;

/** Of a store that several processes share: each gives signs of life, and takes over from those that do not. */
@Injectable()
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
    let taken: readonly string[] = [];
    try {
      await this.engine.exclusively(async (client) => {
        taken = await this.engine.instance.takeOver(client, this.#maybeTaken);
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

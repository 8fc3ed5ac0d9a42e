import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { Store } from './store.js';
import { PostgresEngine, type Instance } from './postgres.engine.js';

/** Up to where a follower has delivered, and whether this process is the one that follows. */
export interface Following {
  /** Of the last one that was delivered; 0: none. */
  readonly position: number;
  readonly isHeld: boolean;
}

/**
 * How far each of those that follow the trail has got. Where several processes share the database one of them follows at a time: it
 * holds a lease by the database's clock, and loses it when it does not renew it.
 */
@Injectable()
export class FollowerStore extends Store {
  readonly #instance: Instance | undefined;

  constructor(engine: AuditEngine) {
    super(engine);
    this.#instance = engine instanceof PostgresEngine ? engine.instance : undefined;
  }

  get isReachable(): boolean {
    return this.engine.reachable;
  }

  /** Milliseconds after which a lease must be renewed, well before it ends; absent: there are no leases. */
  get renewAfterMs(): number | undefined {
    return this.#instance && this.#instance.goneAfterMs / 3;
  }

  /**
   * Begins to follow, or goes on, unless another process does.
   *
   * @param first the position of a follower that is not known yet
   * @throws AuditUnavailable
   */
  async take(name: string, first: number): Promise<Following> {
    const held = await this.#rows(
      this.#instance
        ? sql`INSERT INTO follower (name, position, instance, leased_until)
            VALUES (${name}, ${first}, ${this.#instance.id}, ${this.#leaseEnd()})
            ON CONFLICT (name) DO UPDATE SET instance = excluded.instance, leased_until = excluded.leased_until
            WHERE follower.instance IS NULL OR follower.instance = excluded.instance
              OR follower.leased_until <= clock_timestamp()
            RETURNING position`
        : sql`INSERT INTO follower (name, position) VALUES (${name}, ${first})
            ON CONFLICT (name) DO UPDATE SET position = follower.position RETURNING position`,
    );
    const [known] =
      held.length > 0 ? held : await this.#rows(sql`SELECT position FROM follower WHERE name = ${name}`);
    return { position: known?.position ?? first, isHeld: held.length > 0 };
  }

  /** Up to where one has delivered, in whichever process; 0: nothing. @throws AuditUnavailable */
  async position(name: string): Promise<number> {
    const [known] = await this.#rows(sql`SELECT position FROM follower WHERE name = ${name}`);
    return known?.position ?? 0;
  }

  /** Notes what was delivered. @returns `false`: another process follows by now. @throws AuditUnavailable */
  async advance(name: string, position: number): Promise<boolean> {
    const rows = await this.#rows(
      this.#instance
        ? sql`UPDATE follower SET position = ${position}, leased_until = ${this.#leaseEnd()}
            WHERE name = ${name} AND instance = ${this.#instance.id} RETURNING position`
        : sql`UPDATE follower SET position = ${position} WHERE name = ${name} RETURNING position`,
    );
    return rows.length > 0;
  }

  /** Lets another process follow at once. @throws AuditUnavailable */
  async release(name: string): Promise<void> {
    if (!this.#instance) return;
    await this.#rows(sql`UPDATE follower SET instance = NULL, leased_until = NULL
      WHERE name = ${name} AND instance = ${this.#instance.id} RETURNING position`);
  }

  #leaseEnd() {
    return sql`clock_timestamp() + ${this.#instance?.goneAfterMs ?? 0} * interval '1 millisecond'`;
  }

  async #rows(query: ReturnType<typeof sql>): Promise<{ position: number }[]> {
    const { rows } = await query.execute(this.queries);
    return rows as { position: number }[];
  }
}

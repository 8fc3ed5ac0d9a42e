import type pg from 'pg';
import { uuidv7 } from 'uuidv7';

type Queryable = Pick<pg.PoolClient, 'query'>;

/** So long without a sign of life nobody needs to know any more that an instance ever was. */
const FORGOTTEN_AFTER = '1 day';

/** This start of this process, among all that share the database. Only the database's clock counts. */
export class Instance {
  readonly id = uuidv7();
  #beatAt = -Infinity;

  /** @param goneAfterMs so long after its last sign of life an instance counts as gone */
  constructor(readonly goneAfterMs: number) {}

  /** Whether the last sign of life is so long ago that others may soon take this one for gone. */
  get isSilent(): boolean {
    return performance.now() - this.#beatAt > this.goneAfterMs / 3;
  }

  async beat(database: Queryable): Promise<void> {
    const at = performance.now();
    await database.query(
      `INSERT INTO instance (id, seen_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`,
      [this.id],
    );
    this.#beatAt = at;
  }

  async leave(database: Queryable): Promise<void> {
    await database.query('DELETE FROM instance WHERE id = $1', [this.id]);
  }

  /**
   * Takes the open operations of instances that are gone; answers their ids. Only under the lock on the trail.
   *
   * @param again ids of an earlier time of which it is not known whether they were taken
   */
  async takeOver(database: Queryable, again: readonly string[]): Promise<string[]> {
    await database.query(
      `DELETE FROM instance WHERE seen_at < clock_timestamp() - interval '${FORGOTTEN_AFTER}'`,
    );
    const { rows } = await database.query<{ id: string }>(
      `UPDATE operation SET instance = $1
       WHERE open = 1 AND (
         instance = $1 AND id = ANY($3::text[])
         OR instance IS DISTINCT FROM $1 AND NOT EXISTS (
           SELECT 1 FROM instance WHERE instance.id = operation.instance
             AND seen_at > clock_timestamp() - $2 * interval '1 millisecond'))
       RETURNING operation.id`,
      [this.id, this.goneAfterMs, again],
    );
    return rows.map(({ id }) => id).sort();
  }
}

import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import type { FollowerSource, Placed } from './follower.js';
import type { KeptCheckpoint } from './proof.store.js';
import { Store } from './store.js';

/** A checkpoint, placed by how many records it covers. */
export type PlacedCheckpoint = KeptCheckpoint & Placed;

const AT_ONCE = 100;

/** The checkpoints of the trail, for witnesses that follow it. */
@Injectable()
export class CheckpointSource extends Store implements FollowerSource<PlacedCheckpoint> {
  async head(): Promise<number> {
    const last = this.readings.selectFrom('checkpoint').select('size').orderBy('size', 'desc').limit(1);
    return (await last.executeTakeFirst())?.size ?? 0;
  }

  after(position: number): Promise<PlacedCheckpoint[]> {
    return this.readings
      .selectFrom('checkpoint')
      .select(['size', 'size as position', 'at', 'note'])
      .where('size', '>', position)
      .orderBy('size')
      .limit(AT_ONCE)
      .execute();
  }

  /** Adds what a witness has signed, unless something of it is there. @param line without its line break */
  async addCosignature(size: number, name: string, line: string): Promise<void> {
    const isNew = sql<boolean>`replace(note, ${`\n— ${name} `}, '') = note`;
    await this.queries
      .updateTable('checkpoint')
      .set({ note: sql<string>`note || ${`${line}\n`}` })
      .where('size', '=', size)
      .where(isNew)
      .execute();
  }
}

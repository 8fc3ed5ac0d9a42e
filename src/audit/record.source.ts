import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import type { AuditRecord } from './audit-record.js';
import { Store } from './store.js';
import { bodyWithoutRequests } from './operation.queries.js';
import type { FollowerSource, Placed } from './follower.js';

/** A record as it is stored. */
export interface PlacedBody extends Placed {
  readonly kind: AuditRecord['kind'];
  readonly operationId: string | null;
  readonly body: string;
  readonly hash: Uint8Array;
}

/** Records come from the database in so many, or until their bytes are so many; one that is longer comes alone. */
const MAX_RECORDS = 200;
const MAX_BYTES = 4 * 1_048_576;
/** An intent of one alarm is far shorter. */
const MAX_WHOLE_BYTES = 65_536;

/** The records of the trail, for what follows it. */
@Injectable()
export class RecordSource extends Store implements FollowerSource<PlacedBody> {
  async head(): Promise<number> {
    const last = this.readings.selectFrom('audit_record').select('seq').orderBy('seq', 'desc').limit(1);
    return (await last.executeTakeFirst())?.seq ?? 0;
  }

  async after(position: number): Promise<PlacedBody[]> {
    const upTo = await this.#upTo(position);
    if (upTo === undefined) return [];
    const rows = await this.readings
      .selectFrom('audit_record')
      .select(['seq as position', 'kind', 'operation_id as operationId', 'body', 'hash'])
      .where('seq', '>', position)
      .where('seq', '<=', upTo)
      .orderBy('seq')
      .execute();
    return rows as PlacedBody[];
  }

  /** The intent of an operation, as stored; a long one without the bodies it has. Undefined: it is not in the trail. */
  async intentOf(operationId: string): Promise<string | undefined> {
    const body = sql<string>`CASE WHEN octet_length(body) <= ${MAX_WHOLE_BYTES} THEN body
      ELSE ${bodyWithoutRequests(this.engine.dialect)} END`;
    const row = await this.readings
      .selectFrom('audit_record')
      .select(body.as('body'))
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'intent')
      .executeTakeFirst();
    return row?.body;
  }

  /** The last of those that may come together; undefined: there are none. */
  async #upTo(position: number): Promise<number | undefined> {
    const sizes = await this.readings
      .selectFrom('audit_record')
      .select(['seq', sql<number>`octet_length(body)`.as('bytes')])
      .where('seq', '>', position)
      .orderBy('seq')
      .limit(MAX_RECORDS)
      .execute();
    let bytes = 0;
    const tooMany = sizes.findIndex((row) => (bytes += Number(row.bytes)) > MAX_BYTES);
    return sizes[tooMany < 0 ? sizes.length - 1 : Math.max(0, tooMany - 1)]?.seq;
  }
}

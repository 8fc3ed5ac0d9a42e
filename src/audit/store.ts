import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';

/** Asks the database, and writes what stands beside the trail. */
@Injectable()
export abstract class Store {
  /** Short ones, and what changes rows. */
  protected readonly queries: Kysely<AuditTables>;
  /** What requests ask for. */
  protected readonly readings: Kysely<AuditTables>;

  constructor(protected readonly engine: AuditEngine) {
    this.queries = queriesOver(engine);
    this.readings = queriesOver(engine, 'read');
  }
}

import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from '../../src/audit/audit.engine.js';
import type { Clock } from '../../src/domain/times.js';
import { EmbeddedDatabase } from '../../src/audit/embedded.database.js';
import { newAuditKey } from '../../src/audit/tree/audit-keys.js';

/** One for all runs: making one takes longer than much of a run. */
const KEYS = { current: newAuditKey() };
/** How long the disk takes. */
const SYNC_MS = 20;

/**
 * The embedded database without its thread, so that a seeded run repeats exactly. It outlives the process that dies; what a
 * process gave it is there only after a while.
 */
export class InlineEngine extends AuditEngine {
  readonly database = new EmbeddedDatabase(':memory:', KEYS);
  /** The marks of what was sent, beside the database. */
  readonly marks: { text?: string } = {};
  /** When the intent of each operation was on the disk, by the monotonic clock. */
  readonly intendedAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    super();
  }

  async append(
    entries: readonly AuditAppend[],
    stillWanted: () => boolean = () => true,
  ): Promise<readonly RejectedAppend[]> {
    await this.clock.wait(SYNC_MS);
    if (!stillWanted()) return [];
    for (const { kind, operationId } of entries) {
      if (kind === 'intent' && operationId !== null) this.intendedAt.set(operationId, this.clock.monotonic());
    }
    return this.database.append(entries);
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return Promise.resolve(this.database.query(sql, parameters));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

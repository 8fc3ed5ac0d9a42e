import type { AuditEngine } from './audit.engine.js';
import { queriesOver } from './engine.dialect.js';

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

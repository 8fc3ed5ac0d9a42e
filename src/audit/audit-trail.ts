import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { isOpen } from '../domain/outcome.js';
import {
  AuditEngine,
  AuditUnavailable,
  CommitUnknown,
  type Claim,
  type AuditAppend,
  type AppendRejection,
  type ImpactBudget,
} from './audit.engine.js';
import type {
  BrakeRecord,
  CancellationRecord,
  ChunkRecord,
  IntentRecord,
  OperationTrail,
  OutcomeRecord,
  PauseRecord,
  RefusalRecord,
  RefusalSummaryRecord,
  SettlementRecord,
} from './audit-record.js';
import { deferredAppend } from './deferred-append.js';
import { askedOf, cancelledOf, fateOf } from './operation-summary.js';
import { targetsOf } from './targets.js';

export { AuditUnavailable };

interface Waiting {
  readonly entry: AuditAppend;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Another process looks after the operation by now: what this one knows of it is not recorded. */
export class OperationTakenOver extends AuditUnavailable {
  constructor() {
    super(new Error('another gateway has taken the operation over'));
  }
}

/** An intent was not written because of what other operations of its caller have claimed or reached. */
export class NotAdmitted extends Error {
  constructor(readonly why: AppendRejection) {
    super(`not admitted: ${why.reason}`);
  }
}

/** What is checked as an intent is written. */
export interface Conditions {
  readonly claims?: readonly Claim[];
  readonly reach?: ImpactBudget;
}

/** Records that may wait for the disk; beyond it, new intents are refused at once, and only they: what was done is recorded. */
const MAX_WAITING = 20_000;

/**
 * Writes what was meant and what happened. Every method resolves when the record is durable. Requests that come while a
 * commit is under way share the next one: one transaction, one sync.
 */
@Injectable()
export class AuditTrail implements OnApplicationShutdown {
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #broken = false;
  /** What could not be written in its time, and is when the trail takes records again. */
  #late: AuditAppend[] = [];

  constructor(private readonly engine: AuditEngine) {}

  /** Whether the last commit went well, and the store can be reached. */
  get writable(): boolean {
    return !this.#broken && this.engine.reachable;
  }

  /**
   * Before anything is sent.
   *
   * @param requests the bodies that will go upstream, as JSON, one for each chunk
   * @throws AuditUnavailable
   * @throws NotAdmitted when a condition does not hold; nothing is written then
   */
  async recordIntent(
    record: IntentRecord,
    requests: readonly string[],
    conditions: Conditions = {},
  ): Promise<void> {
    if (this.#queue.length >= MAX_WAITING) throw new AuditUnavailable(new Error('too many records wait'));
    const head = JSON.stringify(record);
    await this.#append({
      kind: record.kind,
      at: Date.parse(record.at),
      operationId: record.operationId,
      // The very bytes that will be sent, spliced in rather than written a second time.
      body: `${head.slice(0, -1)},"requests":[${requests.join(',')}]}`,
      operation: {
        caller: record.caller,
        type: record.operation,
        project: record.scope.project,
        enterpriseProjectId: record.scope.enterpriseProjectId,
        asked: JSON.stringify(askedOf(record)),
        eventIds: targetsOf(record),
        ...(record.undoes !== undefined && { undoes: record.undoes }),
        ...(record.expiresAt !== undefined && { expiresAt: Date.parse(record.expiresAt) }),
      },
      ...conditions,
    });
  }

  /**
   * Whether an intent that reaches so far would be written now. Nothing is.
   *
   * @throws AuditUnavailable
   * @throws NotAdmitted when it would not
   */
  async checkBudget(caller: string, reach: ImpactBudget, at: number): Promise<void> {
    const operation = { caller, type: '', project: '', enterpriseProjectId: '', asked: '', eventIds: [] };
    await this.#append({
      kind: 'intent',
      at,
      operationId: null,
      body: '',
      operation,
      reach,
      rehearsed: true,
    });
  }

  /**
   * Between two chunks.
   *
   * @param operation as it stands with this chunk
   * @throws AuditUnavailable
   */
  async recordChunk(record: ChunkRecord, operation: OperationTrail): Promise<void> {
    await this.#append(entryOf(record, operation));
  }

  /**
   * Before the answer; what can't be written now is written later, if nobody else concludes the operation.
   *
   * @param intent of the operation
   * @param releases claims of the operation that are void from now on
   * @throws AuditUnavailable
   */
  async recordOutcome(
    record: OutcomeRecord,
    intent: IntentRecord,
    releases?: AuditAppend['releases'],
  ): Promise<void> {
    const { chunks } = record;
    const open = chunks.some(isOpen);
    const entry = entryOf(record, { intent, chunks, outcome: record });
    await this.#append({ ...entry, status: record.status, open, ...(releases && { releases }) });
  }

  /**
   * After upstream's state was read.
   *
   * @param operation as it stands with this record
   * @throws AuditUnavailable
   */
  async recordSettlement(record: SettlementRecord, operation: OperationTrail): Promise<void> {
    const open = !record.settled || record.alarms.some(({ underWay }) => underWay);
    await this.#append({ ...entryOf(record, operation), status: record.status, open });
  }

  /** @throws AuditUnavailable */
  async recordPause(record: PauseRecord): Promise<void> {
    await this.#append(entryOf(record));
  }

  /** Before it takes effect. @throws AuditUnavailable */
  async recordCancellation(record: CancellationRecord): Promise<void> {
    const { kind, at, operationId } = record;
    // Not by its owner alone: the caller may ask any gateway.
    const [body, cancelled] = [JSON.stringify(record), JSON.stringify(cancelledOf(record))];
    await this.#append({ kind, at: Date.parse(at), operationId, body, cancelled });
  }

  /** @throws AuditUnavailable */
  async recordBrake(record: BrakeRecord): Promise<void> {
    const { kind, at, caller, engaged } = record;
    await this.#append({
      kind,
      at: Date.parse(at),
      operationId: null,
      body: JSON.stringify(record),
      brake: { caller, engaged },
    });
  }

  /** A refusal, or a summary of several; nobody's answer waits for it. @throws AuditUnavailable */
  async recordRefusal(record: RefusalRecord | RefusalSummaryRecord): Promise<void> {
    const { kind, at } = record;
    await this.#append({ kind, at: Date.parse(at), operationId: null, body: JSON.stringify(record) });
  }

  async onApplicationShutdown(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    await this.#catchUp();
    await this.engine.close();
  }

  #append(entry: AuditAppend): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    // Let the other requests of this turn of the event loop join.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        const leftOut = await this.engine.append(batch.map(({ entry }) => entry));
        this.#broken = false;
        // A promise is settled once: those that were left out are not resolved after this.
        for (const { index, why } of leftOut) {
          const error = why.reason === 'taken_over' ? new OperationTakenOver() : new NotAdmitted(why);
          batch[index]?.reject(error);
        }
        for (const { resolve } of batch) resolve();
        await this.#catchUp();
      } catch (error) {
        this.#broken = true;
        const inDoubt = error instanceof CommitUnknown;
        this.#late.push(...batch.flatMap(({ entry }) => deferredAppend(entry, inDoubt) ?? []));
        for (const { reject } of batch) reject(new AuditUnavailable(error));
      }
    }
    this.#flushing = undefined;
  }

  /** Writes what is late; nobody waits for it, and what can't be written yet stays. */
  async #catchUp(): Promise<void> {
    if (this.#late.length === 0) return;
    try {
      await this.engine.append(this.#late);
      this.#late = [];
    } catch {
      // The next commit that goes well tries again.
    }
  }
}

function entryOf(
  record: ChunkRecord | OutcomeRecord | SettlementRecord | PauseRecord,
  operation?: OperationTrail,
): AuditAppend {
  const { kind, at, operationId } = record;
  const body = JSON.stringify(record);
  const fate = operation && JSON.stringify(fateOf(operation));
  return {
    kind,
    at: Date.parse(at),
    operationId,
    body,
    ...(fate !== undefined && { fate }),
    byOwner: true,
  };
}

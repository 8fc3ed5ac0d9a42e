import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { faultFor } from '../problems/catalogue.js';
import {
  AuditEngine,
  AuditUnavailable,
  CommitUnknown,
  type AuditAppend,
  type AppendRejection,
  type ImpactBudget,
} from './audit.engine.js';
import { targetsOf } from './alarm-outcomes.js';
import {
  type BrakeRecord,
  type CancellationRecord,
  type ChunkRecord,
  type HoldRecord,
  type IntentRecord,
  type OperationTrail,
  type OutcomeRecord,
  type PauseRecord,
  type RecordOfOperation,
  type RefusalRecord,
  type RefusalSummaryRecord,
  type SettlementRecord,
} from './audit-record.js';
import { transition } from './operation-state.js';
import { appendOf } from './record-append.js';
import { recordHead } from './record-text.js';

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

/** Records that may wait for the disk. Beyond it only new intents are refused: what was done is recorded. */
const MAX_WAITING = 20_000;
/** For so many turns of the event loop a commit is put off at most, and only while each brings more records. */
const MAX_TURNS = 4;

/**
 * Writes what was meant and what happened. Every method resolves when the record is durable. Requests that come while a
 * commit is under way share the next one: one transaction, one sync.
 */
@Injectable()
export class AuditTrail implements OnApplicationShutdown {
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #lastSize = 0;
  #broken = false;
  /** What could not be written in its time, and is as soon as the trail takes records again. */
  #deferred: AuditAppend[] = [];
  readonly #beforeClose: (() => Promise<void>)[] = [];
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly engine: AuditEngine) {}

  /** Whether the last commit went well, and the store can be reached. */
  get writable(): boolean {
    return !this.#broken && this.engine.reachable;
  }

  /** @param listener called after each commit of records */
  onCommitted(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Before anything is sent.
   *
   * @param requests the bodies that will go upstream, as JSON, one for each chunk
   * @param conditions what is checked as it is written
   * @throws AuditUnavailable
   * @throws NotAdmitted when a condition does not hold; nothing is written then
   */
  async recordIntent(
    record: IntentRecord,
    requests: readonly string[],
    { claims, reach }: Pick<AuditAppend, 'claims' | 'reach'> = {},
  ): Promise<void> {
    if (this.#queue.length >= MAX_WAITING) throw new AuditUnavailable(new Error('too many records wait'));
    // The very bytes that will be sent, spliced in rather than written a second time.
    const body = `${JSON.stringify(record).slice(0, -1)},"requests":[${requests.join(',')}]}`;
    await this.#append({ ...appendOf(record, { intent: record, chunks: [] }, body), claims, reach });
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
   * @param before the operation without this chunk
   * @returns the operation with it
   * @throws AuditUnavailable
   */
  recordChunk(record: ChunkRecord, before: OperationTrail): Promise<OperationTrail> {
    return this.#appendTo(before, record);
  }

  /**
   * Before the answer. What cannot be written now is written later, unless another process concludes the operation.
   *
   * @param before the operation without its outcome
   * @throws AuditUnavailable
   */
  recordOutcome(record: OutcomeRecord, before: OperationTrail): Promise<OperationTrail> {
    return this.#appendTo(before, record);
  }

  /**
   * After upstream's state was read.
   *
   * @param before the operation without this settlement
   * @throws AuditUnavailable
   */
  recordSettlement(record: SettlementRecord, before: OperationTrail): Promise<OperationTrail> {
    return this.#appendTo(before, record);
  }

  /** @throws AuditUnavailable */
  recordPause(record: PauseRecord, before: OperationTrail): Promise<OperationTrail> {
    return this.#appendTo(before, record);
  }

  /** Before it takes effect, and not by its owner alone: the caller may ask any gateway. @throws AuditUnavailable */
  recordCancellation(record: CancellationRecord, before: OperationTrail): Promise<OperationTrail> {
    return this.#appendTo(before, record);
  }

  /** @throws AuditUnavailable */
  async recordBrake(record: BrakeRecord): Promise<void> {
    await this.#append(appendOf(record));
  }

  /** @throws AuditUnavailable */
  async recordHold(record: HoldRecord): Promise<void> {
    await this.#append(appendOf(record));
  }

  /** A refusal, or a summary of several; no answer waits for it. @throws AuditUnavailable */
  async recordRefusal(record: RefusalRecord | RefusalSummaryRecord): Promise<void> {
    await this.#append(appendOf(record));
  }

  /** What is to be done when everything is written, before the store is closed. It must not throw. */
  beforeClose(work: () => Promise<void>): void {
    this.#beforeClose.push(work);
  }

  async onApplicationShutdown(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    await this.#catchUp();
    for (const work of this.#beforeClose) await work();
    await this.engine.close();
  }

  /** @throws IllegalTransition where the record cannot follow; nothing is written then */
  async #appendTo(
    before: OperationTrail,
    record: Exclude<RecordOfOperation, IntentRecord>,
  ): Promise<OperationTrail> {
    const operation = transition(before, record);
    await this.#append(appendOf(record, operation));
    return operation;
  }

  #append(entry: AuditAppend): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      const batch = this.#queue;
      this.#lastSize = batch.length;
      this.#queue = [];
      try {
        const rejected = await this.engine.append(batch.map(({ entry }) => entry));
        this.#broken = false;
        // A promise is settled once: those of rejected entries are not resolved after this.
        for (const { index, why } of rejected) {
          const error = why.reason === 'taken_over' ? new OperationTakenOver() : new NotAdmitted(why);
          batch[index]?.reject(error);
        }
        for (const { resolve } of batch) resolve();
        for (const listener of this.#listeners) listener();
        await this.#catchUp();
      } catch (error) {
        this.#broken = true;
        const isUnknown = error instanceof CommitUnknown;
        this.#deferred.push(...batch.flatMap(({ entry }) => deferredAppend(entry, isUnknown) ?? []));
        for (const { reject } of batch) reject(new AuditUnavailable(error));
      }
    }
    this.#flushing = undefined;
  }

  /**
   * A commit costs as much as several records do, so those that come in the next turns of the event loop join. Where the last one
   * was alone, none is expected.
   */
  async #gather(): Promise<void> {
    await Promise.resolve();
    if (this.#lastSize === 1) return;
    for (let turns = 0, before = 0; turns < MAX_TURNS && before < this.#queue.length; turns += 1) {
      before = this.#queue.length;
      await this.engine.turn();
    }
  }

  /** Writes what was deferred. Nothing waits for it, and what cannot be written yet stays for the next commit that goes well. */
  async #catchUp(): Promise<void> {
    if (this.#deferred.length === 0) return;
    try {
      await this.engine.append(this.#deferred);
      this.#deferred = [];
    } catch {
      // Tried again after the next commit.
    }
  }
}

/**
 * What is still to be written of an entry that could not be: an outcome, so that its operation does not stay `pending`; and of
 * an intent that may have been written all the same, that nothing came of it. Undefined: nothing.
 */
function deferredAppend(entry: AuditAppend, isUnknown: boolean): AuditAppend | undefined {
  if (entry.kind === 'outcome') return { ...entry, late: true };
  if (!isUnknown || !entry.operation || entry.operationId === null) return undefined;
  const fault = faultFor('audit_unavailable', 'withdrawn');
  const intent = recordHead(entry.body) as IntentRecord;
  const alarms = targetsOf(intent).length;
  const record: OutcomeRecord = {
    kind: 'outcome',
    operationId: entry.operationId,
    at: new Date(entry.at).toISOString(),
    status: 'not_attempted',
    chunks: [{ alarms, outcome: 'not_attempted', fault }],
  };
  return { ...appendOf(record, transition({ intent, chunks: [] }, record)), late: true };
}

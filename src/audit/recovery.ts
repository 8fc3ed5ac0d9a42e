import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { Clock } from '../domain/times.js';
import { CHUNK_SIZE, type ChunkOutcome } from '../domain/outcome.js';
import { statusOf, targetsOf } from './alarm-outcomes.js';
import { faultFor } from '../problems/catalogue.js';
import type { OperationTrail, OutcomeRecord } from './audit-record.js';
import { AuditTrail, OperationTakenOver } from './audit-trail.js';
import { ChainCheck } from './chain-check.js';
import { isResumable, resumePoint } from './operation-state.js';
import { OperationStore } from './operation.store.js';
import { Ownership } from './ownership.js';
import { SentMarks } from './sent-marks.js';

const INTERRUPTED = faultFor('gateway_interrupted', 'maybe_sent');
const NOT_SENT = {
  ...faultFor('gateway_interrupted', 'not_sent'),
  retryable: true,
};

/**
 * The outcome of an operation that was cut off. Chunks go one after the other and each is recorded before the next starts,
 * so only the first one without a record can have been under way.
 *
 * @param mostUnderWay how many alarms, after those of the known chunks, may have been under way
 */
export function interruptedOutcome(
  { intent, chunks }: OperationTrail,
  mostUnderWay: number,
  at: string,
): OutcomeRecord {
  const left = targetsOf(intent).length - chunks.reduce((sum, { alarms }) => sum + alarms, 0);
  const all: ChunkOutcome[] = [...chunks];
  const underWay = Math.min(left, mostUnderWay);
  if (underWay > 0) all.push({ alarms: underWay, outcome: 'unknown', fault: INTERRUPTED });
  if (left > underWay) all.push({ alarms: left - underWay, outcome: 'not_attempted', fault: NOT_SENT });
  return {
    kind: 'outcome',
    operationId: intent.operationId,
    at,
    status: statusOf(all),
    chunks: all,
    interrupted: true,
  };
}

/** Operations that are read and concluded at once. */
const MAX_AT_ONCE = 500;

/** Is called with an operation that is this process's from now on. */
type OperationRecovered = (operation: OperationTrail) => void;

/**
 * Takes over the open operations of processes that are gone: at the start before the first request is taken, and then as long
 * as others share the store. Each that was cut off gets its outcome, but for those that can be resumed in the background. Then the
 * listeners are called, which look after it.
 */
@Injectable()
export class Recovery implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger(Recovery.name);
  readonly #listeners: OperationRecovered[] = [];
  /** Taken over, and not handed to the listeners yet. */
  readonly #unfinished = new Set<string>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly store: OperationStore,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
    private readonly ownership: Ownership,
    private readonly marks: SentMarks,
    private readonly chain: ChainCheck,
  ) {}

  /** To be called before the start, so that nothing is missed. */
  onRecovered(listener: OperationRecovered): void {
    this.#listeners.push(listener);
  }

  async onModuleInit(): Promise<void> {
    await this.#takeOver();
    this.#scheduleNext();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #scheduleNext(): void {
    const { lookAgainMs } = this.ownership;
    if (lookAgainMs === undefined || this.#stopped) return;
    this.#cancel = this.clock.schedule(lookAgainMs, () => {
      this.#takeOver()
        .catch((error: unknown) => {
          this.#logger.warn({ err: error }, 'interrupted operations could not be searched for; trying again');
        })
        .finally(() => this.#scheduleNext());
    });
  }

  async #takeOver(): Promise<void> {
    for (const id of await this.ownership.takeOver()) this.#unfinished.add(id);
    const ids = [...this.#unfinished];
    for (let from = 0; from < ids.length; from += MAX_AT_ONCE) {
      const operations = await this.store.findAll(await this.#verified(ids.slice(from, from + MAX_AT_ONCE)));
      await Promise.all(operations.map((operation) => this.#recover(operation)));
    }
  }

  /** Those of them whose records are on the chain. The others are left as they are: nothing is done because of them. */
  async #verified(ids: readonly string[]): Promise<string[]> {
    const verified: string[] = [];
    for (const id of ids) {
      if (await this.chain.isWholeSince(id)) verified.push(id);
      else this.#unfinished.delete(id);
    }
    return verified;
  }

  async #recover(operation: OperationTrail): Promise<void> {
    const { operationId } = operation.intent;
    try {
      const rest = resumePoint(operation);
      if (rest) this.marks.recover(operationId, rest.inDoubt, operation.pausedBefore === rest.inDoubt);
      const recovered = rest && !isResumable(operation) ? await this.#conclude(operation) : operation;
      for (const listener of this.#listeners) listener(recovered);
    } catch (error) {
      if (!(error instanceof OperationTakenOver)) throw error;
    }
    this.#unfinished.delete(operationId);
  }

  async #conclude(operation: OperationTrail): Promise<OperationTrail> {
    const { operationId } = operation.intent;
    const mostUnderWay = this.marks.mayBeSent(operationId, operation.chunks.length) ? CHUNK_SIZE : 0;
    const outcome = interruptedOutcome(operation, mostUnderWay, new Date(this.clock.now()).toISOString());
    const concluded = await this.trail.recordOutcome(outcome, operation);
    this.marks.end(operationId);
    this.#logger.warn(`operation ${operationId} was interrupted: its outcome is ${outcome.status}`);
    return concluded;
  }
}

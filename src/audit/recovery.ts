import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { Clock } from '../domain/clock.js';
import { CHUNK_SIZE, statusOf, type ChunkOutcome, type Fault } from '../domain/outcome.js';
import type { OperationTrail, OutcomeRecord } from './audit-record.js';
import { AuditTrail, OperationTakenOver } from './audit-trail.js';
import { ChainCheck } from './chain-check.js';
import { OperationStore } from './operation.store.js';
import { Ownership } from './ownership.js';
import { SentMarks } from './sent-marks.js';
import { targetsOf } from './targets.js';

export const INTERRUPTED: Fault = {
  code: 'gateway_interrupted',
  status: 503,
  detail:
    'The gateway stopped while it worked on this: whether it was done is not known. Look at the alarm before trying again.',
  retryable: false,
};
const NOT_BEGUN: Fault = {
  code: 'gateway_interrupted',
  status: 503,
  detail: 'The gateway stopped before this was sent. Nothing was done.',
  retryable: true,
};

/**
 * The outcome of an operation that was cut off. Chunks go one after the other and each is recorded before the next starts,
 * so only the first one without a record can have been under way.
 *
 * @param mostUnderWay so many alarms, after those of the known chunks, may have been under way
 */
export function interruptedOutcome(
  { intent, chunks }: OperationTrail,
  mostUnderWay: number,
  at: string,
): OutcomeRecord {
  const known = chunks.reduce((sum, { alarms }) => sum + alarms, 0);
  const left = targetsOf(intent).length - known;
  const all: ChunkOutcome[] = [...chunks];
  const underWay = Math.min(left, mostUnderWay);
  if (underWay > 0) all.push({ alarms: underWay, outcome: 'unknown', fault: INTERRUPTED });
  if (left > underWay) all.push({ alarms: left - underWay, outcome: 'not_attempted', fault: NOT_BEGUN });
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

/** Hears of an operation that is this process's from now on. */
export type OperationRecovered = (operation: OperationTrail) => void;

/**
 * Takes over the open operations of processes that are gone: at the start before the first request is taken, and then as long
 * as others share the store. Each that was cut off gets its outcome, but for those of the background, which go on; then those are told who look after it.
 */
@Injectable()
export class Recovery implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger(Recovery.name);
  readonly #adopters: OperationRecovered[] = [];
  /** Taken over, and not yet told of. */
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
  onAdopted(adopt: OperationRecovered): void {
    this.#adopters.push(adopt);
  }

  async onModuleInit(): Promise<void> {
    await this.#takeOver();
    this.#lookAgain();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #lookAgain(): void {
    const { lookAgainMs } = this.ownership;
    if (lookAgainMs === undefined || this.#stopped) return;
    this.#cancel = this.clock.schedule(lookAgainMs, () => {
      this.#takeOver()
        .catch((error: unknown) => {
          this.#logger.warn({ err: error }, 'interrupted operations could not be looked for; trying again');
        })
        .finally(() => this.#lookAgain());
    });
  }

  async #takeOver(): Promise<void> {
    for (const id of await this.ownership.takeOver()) this.#unfinished.add(id);
    const ids = [...this.#unfinished];
    for (let from = 0; from < ids.length; from += MAX_AT_ONCE) {
      const operations = await this.store.findAll(await this.#verified(ids.slice(from, from + MAX_AT_ONCE)));
      await Promise.all(operations.map((operation) => this.#adopt(operation)));
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

  async #adopt(operation: OperationTrail): Promise<void> {
    const { operationId } = operation.intent;
    try {
      if (!operation.outcome) {
        const next = operation.chunks.length;
        this.marks.adopt(operationId, next, operation.pausedBefore === next);
      }
      const goesOn = operation.outcome ?? operation.intent.background;
      const adopted = goesOn ? operation : await this.#conclude(operation);
      for (const adopt of this.#adopters) adopt(adopted);
    } catch (error) {
      if (!(error instanceof OperationTakenOver)) throw error;
    }
    this.#unfinished.delete(operationId);
  }

  async #conclude(operation: OperationTrail): Promise<OperationTrail> {
    const { operationId } = operation.intent;
    const mostUnderWay = this.marks.mayBeSent(operationId, operation.chunks.length) ? CHUNK_SIZE : 0;
    const outcome = interruptedOutcome(operation, mostUnderWay, new Date(this.clock.now()).toISOString());
    await this.trail.recordOutcome(outcome, operation.intent);
    this.marks.end(operationId);
    this.#logger.warn(`operation ${operationId} was interrupted: its outcome is ${outcome.status}`);
    return { ...operation, chunks: outcome.chunks, outcome };
  }
}

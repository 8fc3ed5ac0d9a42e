import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';

import type { IntentRecord, OperationTrail } from '../../audit/audit-record.js';
import type { Conditions } from '../../audit/audit-trail.js';
import { Recovery } from '../../audit/recovery.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { OPERATIONS } from '../../domain/operation-name.js';
import { Quotas } from '../../http/limits/quotas.js';
import { neverAllowed, tooMany, type Problem } from '../../problems/problem.js';
import { Metrics } from '../../metrics/metrics.js';
import { Executor } from '../execution/executor.js';
import type { OperationResult } from '../operation-result.js';
import type { AuthorizedCommand } from '../operation-command.js';
import { SHUTTING_DOWN } from '../execution/running-operations.js';
import { OperationRunner } from './operation-runner.js';
import { FairQueue } from './fair-queue.js';
import { Halt } from './halt.js';

/** Operations that take something back find a place when all others are taken. */
const RESERVED = 1;
/** Until an operation that could not go on is taken up again. */
const AGAIN_AFTER_MS = 5_000;
const RETRY_AFTER_S = 5;

interface Waiting {
  readonly intent: IntentRecord;
  /** It was accepted by another process, or an earlier run of this one. */
  readonly isResumed: boolean;
  /** To be called when it has ended here. */
  readonly end: () => void;
}

/**
 * Operations whose callers do not wait for them. So many run at once, fairly between callers; the intents of all are on the
 * disk, and those that a shutdown or a crash interrupted go on at the next start.
 */
@Injectable()
export class Background implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger(Background.name);
  readonly #halt: Halt;
  readonly #waiting = { inverse: new FairQueue<Waiting>(), normal: new FairQueue<Waiting>() };
  readonly #running = new Set<Promise<void>>();
  /** How many of each caller wait or run. */
  readonly #of = new Map<string, number>();
  readonly #atOnce: number;

  constructor(
    @Inject(CONFIG) { background }: Config,
    private readonly executor: Executor,
    private readonly conductor: OperationRunner,
    private readonly quotas: Quotas,
    recovery: Recovery,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    metrics.watch(
      'hss_gateway_background_waiting',
      'Operations of the background that wait for their turn in this process.',
      () => this.waiting,
    );
    recovery.onRecovered((operation) => this.#adopt(operation));
    this.#halt = new Halt(clock);
    this.#atOnce = background.operationsAtOnce;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.inverse.size + this.#waiting.normal.size;
  }

  /**
   * Resolves when the intent is durable; the operation goes on by itself.
   *
   * @throws as `Executor.execute` does, and Problem 429 where too many of the caller's wait
   */
  async execute(
    placed: AuthorizedCommand,
    conditions: Conditions,
    context: CallContext,
  ): Promise<OperationResult> {
    if (this.#halt.halted) throw SHUTTING_DOWN;
    const { id } = context.caller;
    const most = this.quotas.limitsOf(context.caller).backgroundOperations ?? Infinity;
    // What was accepted with its end is taken back, whatever else its caller has going on.
    if (!placed.order.expired) {
      if (most === 0) throw NO_BACKGROUND();
      if ((this.#of.get(id) ?? 0) >= most) throw tooManyWaiting(most);
    }
    this.#count(id, 1);
    try {
      const intent = await this.executor.intend(placed, conditions, context);
      return { trail: { intent, chunks: [] }, recorded: true, ended: this.#add(intent, false) };
    } finally {
      this.#count(id, -1);
    }
  }

  /** What another process left, or an earlier run of this one. */
  #adopt({ intent, outcome }: OperationTrail): void {
    if (outcome || !intent.background) return;
    this.#logger.warn({ operationId: intent.operationId }, 'an interrupted operation goes on');
    void this.#add(intent, true);
  }

  /** Whatever runs stops before its next chunk, to go on at the next start. */
  onModuleDestroy(): void {
    this.#halt.halt();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#running);
    for (const { intent } of [...this.#waiting.inverse.all(), ...this.#waiting.normal.all()]) {
      await this.conductor.pause(intent.operationId);
    }
  }

  /** @returns what resolves when it has ended here */
  #add(intent: IntentRecord, isResumed: boolean): Promise<void> {
    return new Promise((end) => {
      this.#count(intent.caller, 1);
      this.#queue({ intent, isResumed, end });
    });
  }

  #queue(waiting: Waiting): void {
    const { operation, caller } = waiting.intent;
    const lane = OPERATIONS[operation].isReversal ? 'inverse' : 'normal';
    this.#waiting[lane].add(caller, waiting);
    this.#next();
  }

  /** Taking back goes first, and has a place of its own. */
  #next(): void {
    if (this.#halt.halted) return;
    const free = this.#atOnce - this.#running.size;
    const next =
      (free + RESERVED > 0 ? this.#waiting.inverse.take() : undefined) ??
      (free > 0 ? this.#waiting.normal.take() : undefined);
    if (!next) return;
    const run = this.#run(next).finally(() => {
      this.#running.delete(run);
      this.#next();
    });
    this.#running.add(run);
    this.#next();
  }

  async #run(waiting: Waiting): Promise<void> {
    const { intent, isResumed, end } = waiting;
    const { operationId } = intent;
    try {
      const ended = await this.conductor.conduct(operationId, isResumed, this.#halt);
      if (ended) {
        this.#count(intent.caller, -1);
        return end();
      }
    } catch (error) {
      this.#logger.error({ err: error, operationId }, 'an operation of the background could not go on');
    }
    if (this.#halt.halted) return end();
    this.clock.schedule(AGAIN_AFTER_MS, () => this.#queue(waiting));
  }

  #count(caller: string, change: 1 | -1): void {
    const count = (this.#of.get(caller) ?? 0) + change;
    if (count > 0) this.#of.set(caller, count);
    else this.#of.delete(caller);
  }
}

const NO_BACKGROUND = (): Problem =>
  neverAllowed('You may have no operations in the background. Leave Prefer: respond-async out.');

/** The answer to a caller of whom as many operations wait as may. */
export function tooManyWaiting(most: number): Problem {
  return tooMany(
    'background_limit',
    `${most} operations of yours wait in the background already.`,
    RETRY_AFTER_S,
  );
}

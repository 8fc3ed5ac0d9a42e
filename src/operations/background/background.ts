import { setMaxListeners } from 'node:events';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';

import { type IntentRecord, isResumable, type OperationTrail, Recovery } from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Clock } from '../../domain/times.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import { Metrics } from '../../metrics/metrics.js';
import type { AdmittedCommand } from '../admission/admission.service.js';
import { BackgroundSlots } from '../admission/background-slots.js';
import type { OperationResult } from '../operation-result.js';
import { OperationRunner } from './operation-runner.js';

/** Reversals find a place when all others are taken. */
const RESERVED = 1;
/** Until an operation that could not continue is tried again. */
const RETRY_AFTER_MS = 5_000;

interface Waiting {
  readonly intent: IntentRecord;
  /** It was accepted by another process, or an earlier run of this one. */
  readonly isResumed: boolean;
  /** To be called when it has ended here. */
  readonly end: () => void;
}

/** A queue that takes turns between owners: one with few entries does not wait for all of another's. */
export class FairQueue<T> {
  /** By owner, in the order of their turns. */
  readonly #waiting = new Map<string, T[]>();

  get size(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  add(owner: string, entry: T): void {
    const own = this.#waiting.get(owner);
    if (own) own.push(entry);
    else this.#waiting.set(owner, [entry]);
  }

  /** In the order of the owners' turns. */
  all(): T[] {
    return [...this.#waiting.values()].flat();
  }

  /** The oldest entry of the owner whose turn it is; then all other owners have their turns first. */
  take(): T | undefined {
    for (const [owner, [first, ...rest]] of this.#waiting) {
      this.#waiting.delete(owner);
      if (rest.length > 0) this.#waiting.set(owner, rest);
      return first;
    }
    return undefined;
  }
}

/**
 * Operations whose callers do not wait for them. A few run at once, fairly between callers; the intents of all are on the disk, and
 * those that a shutdown or a crash interrupted continue at the next start.
 */
@Injectable()
export class Background implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger(Background.name);
  readonly #halt = new AbortController();
  readonly #waiting = { reversal: new FairQueue<Waiting>(), normal: new FairQueue<Waiting>() };
  readonly #running = new Set<Promise<void>>();
  readonly #maxRunning: number;

  constructor(
    @Inject(CONFIG) { background }: Config,
    private readonly runner: OperationRunner,
    private readonly slots: BackgroundSlots,
    recovery: Recovery,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    metrics.watch(
      'hss_gateway_background_waiting',
      'Operations of the background that wait for their turn in this process.',
      () => this.waiting,
    );
    recovery.onRecovered((operation) => this.#resume(operation));
    setMaxListeners(0, this.#halt.signal);
    this.#maxRunning = background.operationsAtOnce;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.reversal.size + this.#waiting.normal.size;
  }

  /** Carries an admitted command out later; it has taken its slot. */
  start({ intent }: AdmittedCommand): OperationResult {
    return { trail: { intent, chunks: [] }, recorded: true, ended: this.#add(intent, false) };
  }

  /** What another process left, or an earlier run of this one. */
  #resume(operation: OperationTrail): void {
    const { intent } = operation;
    if (!isResumable(operation)) return;
    this.#logger.warn({ operationId: intent.operationId }, 'an interrupted operation goes on');
    this.slots.add(intent.caller);
    void this.#add(intent, true);
  }

  /** What runs stops before its next chunk, to continue at the next start. */
  onModuleDestroy(): void {
    this.slots.close();
    this.#halt.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#running);
    for (const { intent } of [...this.#waiting.reversal.all(), ...this.#waiting.normal.all()]) {
      await this.runner.pause(intent.operationId);
    }
  }

  /** @returns what resolves when it has ended here */
  #add(intent: IntentRecord, isResumed: boolean): Promise<void> {
    return new Promise((end) => this.#queue({ intent, isResumed, end }));
  }

  #queue(waiting: Waiting): void {
    const { operation, caller } = waiting.intent;
    const priority = OPERATIONS[operation].isReversal ? 'reversal' : 'normal';
    this.#waiting[priority].add(caller, waiting);
    this.#next();
  }

  /** Reversals go first, and have a place of their own. */
  #next(): void {
    if (this.#halt.signal.aborted) return;
    const free = this.#maxRunning - this.#running.size;
    const next =
      (free + RESERVED > 0 ? this.#waiting.reversal.take() : undefined) ??
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
      if (await this.runner.run(operationId, isResumed, this.#halt.signal)) {
        this.slots.release(intent.caller);
        return end();
      }
    } catch (error) {
      this.#logger.error({ err: error, operationId }, 'an operation of the background could not go on');
    }
    if (this.#halt.signal.aborted) return end();
    this.clock.schedule(RETRY_AFTER_MS, () => this.#queue(waiting));
  }
}

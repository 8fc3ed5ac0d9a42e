import { Injectable } from '@nestjs/common';

import type { ChunkOutcome } from '../../domain/outcome.js';
import { Problem } from '../../problems/problem.js';
import { OperationEvents } from '../progress/operation-events.js';

/** An operation under way, and what is known of it so far. */
export class RunningOperation {
  #stop = () => {};
  /** Resolves when it is cut off. */
  readonly cutOff = new Promise<void>((resolve) => (this.#stop = resolve));
  /** In order. */
  readonly chunks: ChunkOutcome[];
  /** What upstream answered last. */
  answer: string | undefined;
  /** Alarms of the chunk that is being sent; 0 between chunks. */
  underWay = 0;
  /** From then on nothing more may be sent for it, and nothing recorded but its outcome. */
  isCutOff = false;
  /** It goes on at the next start, from the chunk that has no fate yet. */
  isHalted = false;

  /** @param known the fate of its first chunks, where it was begun before */
  constructor(known: readonly ChunkOutcome[] = []) {
    this.chunks = [...known];
  }

  halt(): void {
    this.isHalted = true;
  }

  stop(): void {
    this.isCutOff = true;
    this.#stop();
  }
}

/** The operations under way, so that a shutdown which can't wait any longer leaves none of them without an outcome, or without going on. */
@Injectable()
export class RunningOperations {
  /** Tells who follows an operation that something became known of it. */
  readonly news = new OperationEvents();
  readonly #running = new Set<RunningOperation>();
  #stopped = false;
  #idle = () => {};

  /** Whether operations were cut off: nothing more may be sent for any of them. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** @throws Problem when operations were cut off: nothing new is begun then */
  begin(known?: readonly ChunkOutcome[]): RunningOperation {
    if (this.#stopped) throw SHUTTING_DOWN;
    const operation = new RunningOperation(known);
    this.#running.add(operation);
    return operation;
  }

  end(operation: RunningOperation): void {
    this.#running.delete(operation);
    if (this.#running.size === 0) this.#idle();
  }

  /** Cuts off whatever runs, for good; resolves when all of it has its outcome. */
  async cutOff(): Promise<void> {
    this.#stopped = true;
    if (this.#running.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    for (const operation of this.#running) operation.stop();
    await idle;
  }
}

export const SHUTTING_DOWN = new Problem(
  503,
  'shutting_down',
  'The gateway is shutting down and takes no more operations. Nothing was done; send it again.',
  { retryable: true, retryAfter: 1 },
);

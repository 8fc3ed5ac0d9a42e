import { Injectable } from '@nestjs/common';

import type { ChunkOutcome } from '../../domain/outcome.js';
import { type Member, Roster } from '../../domain/roster.js';
import { refuse } from '../../problems/catalogue.js';

/** Wakes those who follow an operation in this process when something became known of it. */
class OperationEvents {
  readonly #followers = new Map<string, Set<() => void>>();

  emit(operationId: string): void {
    for (const wake of this.#followers.get(operationId) ?? []) wake();
  }

  /** Everyone who follows anything. */
  emitToAll(): void {
    for (const operationId of this.#followers.keys()) this.emit(operationId);
  }

  /** @returns how to stop following */
  subscribe(operationId: string, wake: () => void): () => void {
    const followers = this.#followers.get(operationId) ?? new Set();
    this.#followers.set(operationId, followers.add(wake));
    return () => {
      followers.delete(wake);
      if (followers.size === 0) this.#followers.delete(operationId);
    };
  }
}

/** An operation under way, and what is known of it so far. */
export class RunningOperation implements Member {
  place?: number;
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
  /** It continues at the next start, from the chunk that has no outcome yet. */
  isHalted = false;

  /** @param known the outcome of its first chunks, where it was begun before */
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

/** The operations under way, so that a shutdown that cannot wait any longer leaves each with an outcome, or to be resumed. */
@Injectable()
export class RunningOperations {
  /** Emits when something became known of an operation. */
  readonly news = new OperationEvents();
  readonly #running = new Roster<RunningOperation>();
  #stopped = false;
  #idle = () => {};

  /** Whether operations were cut off: nothing more may be sent for any of them. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** @throws Problem when operations were cut off: nothing new is begun then */
  begin(known?: readonly ChunkOutcome[]): RunningOperation {
    if (this.#stopped) throw refuse('shutting_down', 'before_acceptance');
    const operation = new RunningOperation(known);
    this.#running.add(operation);
    return operation;
  }

  end(operation: RunningOperation): void {
    this.#running.delete(operation);
    if (this.#running.size === 0) this.#idle();
  }

  /** Cuts off all operations for good; resolves when each has its outcome. */
  async cutOff(): Promise<void> {
    this.#stopped = true;
    if (this.#running.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    for (const operation of this.#running.all()) operation.stop();
    await idle;
  }
}

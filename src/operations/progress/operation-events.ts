/** Wakes those who follow an operation in this process when something became known of it. */
export class OperationEvents {
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

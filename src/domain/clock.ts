/** Time as the gateway sees it, so that a test can bring its own. */
export abstract class Clock {
  /** Epoch milliseconds: for what people read and what outlives the process. Anybody may set it, back or forward. */
  abstract now(): number;
  /**
   * Milliseconds of a clock that nobody can set: for every duration and deadline. It starts with the process at the epoch's time
   * and from then on only ever goes forward, so that processes that began with the same time can compare theirs.
   */
  abstract monotonic(): number;
  /** Resolves after so many milliseconds. */
  abstract wait(milliseconds: number): Promise<void>;
  /** Runs a task once after so many milliseconds, without keeping the process alive; answers how to cancel it. */
  abstract schedule(milliseconds: number, task: () => void): () => void;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return Math.floor(performance.timeOrigin + performance.now());
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  schedule(milliseconds: number, task: () => void): () => void {
    const timer = setTimeout(task, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  }
}

/** Time as the gateway sees it, so that a test can bring its own. */
export abstract class Clock {
  /** Epoch milliseconds. */
  abstract now(): number;
  /** Resolves after so many milliseconds. */
  abstract wait(milliseconds: number): Promise<void>;
  /** Runs a task once after so many milliseconds, without keeping the process alive; answers how to cancel it. */
  abstract schedule(milliseconds: number, task: () => void): () => void;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
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

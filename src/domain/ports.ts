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

/** Chance as the gateway sees it, so that a test can repeat a run. */
export abstract class Random {
  /** 0 up to, and excluding, 1. */
  abstract next(): number;
}

export class SystemRandom extends Random {
  next(): number {
    return Math.random();
  }
}

/** Reads public documents from other hosts, such as the keys that an issuer of tokens publishes. */
export abstract class DocumentSource {
  /** The text at an address. @throws DocumentUnavailable */
  abstract read(url: string): Promise<string>;
}

export class DocumentUnavailable extends Error {
  /** @param reason a network code, or `HTTP` and a status; nothing that the other host wrote */
  constructor(readonly reason: string) {
    super(`the document could not be read: ${reason}`);
  }
}

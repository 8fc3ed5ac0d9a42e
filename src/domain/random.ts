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

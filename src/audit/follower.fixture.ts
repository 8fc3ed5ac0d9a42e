import { Clock } from '../domain/times.js';
import { AuditUnavailable } from './audit.engine.js';
import { Follower, type FollowerOptions, type FollowerSource, type Placed } from './follower.js';
import type { FollowerStore, Following } from './follower.store.js';

/** Time that passes only when a test says so. */
export class ManualClock extends Clock {
  #now = 0;
  #tasks: { readonly at: number; readonly task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** What is still to happen. */
  get planned(): number {
    return this.#tasks.length;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(milliseconds, resolve));
  }

  schedule(milliseconds: number, task: () => void): () => void {
    const entry = { at: this.#now + milliseconds, task };
    this.#tasks.push(entry);
    return () => void (this.#tasks = this.#tasks.filter((other) => other !== entry));
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#now = next.at;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      next.task();
    }
    this.#now = end;
    await settled();
  }
}

/** Resolves when all that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers from 1 on, as many as a test says. */
export class Numbers implements FollowerSource<Placed> {
  last = 0;
  readings = 0;

  head(): Promise<number> {
    return Promise.resolve(this.last);
  }

  after(position: number): Promise<Placed[]> {
    this.readings += 1;
    const count = Math.min(10, Math.max(0, this.last - position));
    return Promise.resolve(Array.from({ length: count }, (_, index) => ({ position: position + index + 1 })));
  }
}

/** Positions of one name, and a lease that any number of processes may have. */
export class Positions {
  saved: number | undefined;
  writes = 0;
  isReachable = true;
  #holder: object | undefined;
  #leasedUntil = 0;

  /** @param leaseMs absent: there is one process alone */
  constructor(
    private readonly clock: Clock,
    private readonly leaseMs?: number,
  ) {}

  /** As one process sees them. */
  store(): FollowerStore {
    const isLeased = () => this.leaseMs !== undefined && this.#leasedUntil > this.clock.monotonic();
    const me = {
      renewAfterMs: this.leaseMs && this.leaseMs / 3,
      take: (_: string, first: number): Promise<Following> => {
        if (!this.isReachable) return unavailable();
        const isHeld = this.#holder === me || !isLeased();
        if (isHeld) this.#hold(me, (this.saved ??= first));
        return Promise.resolve({ position: this.saved ?? first, isHeld });
      },
      advance: (_: string, position: number): Promise<boolean> => {
        if (!this.isReachable) return unavailable();
        const isHeld = this.#holder === me;
        if (isHeld) this.#hold(me, position);
        return Promise.resolve(isHeld);
      },
      release: (): Promise<void> => {
        if (this.#holder === me) this.#leasedUntil = 0;
        return Promise.resolve();
      },
    };
    Object.defineProperty(me, 'isReachable', { get: () => this.isReachable });
    return me as unknown as FollowerStore;
  }

  #hold(holder: object, position: number): void {
    this.writes += 1;
    this.saved = position;
    this.#holder = holder;
    this.#leasedUntil = this.clock.monotonic() + (this.leaseMs ?? 0);
  }
}

function unavailable(): Promise<never> {
  return Promise.reject(new AuditUnavailable(new Error('unreachable')));
}

export const numbersTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** What a test looks at: a source, positions, and what arrived. */
export function scene(leaseMs?: number) {
  const clock = new ManualClock();
  const numbers = new Numbers();
  const positions = new Positions(clock, leaseMs);
  const arrived: number[] = [];
  let failures = 0;
  const begin = async (more: Partial<FollowerOptions<Placed>> = {}): Promise<Follower> => {
    const deliver = (items: readonly Placed[]) => {
      arrived.push(...items.map(({ position }) => position));
      return Promise.resolve(items.length);
    };
    const options: FollowerOptions<Placed> = {
      name: 'one',
      source: numbers,
      from: 'start',
      deliver,
      ...more,
    };
    const random = { next: () => 0.5 };
    const follower = new Follower(options, positions.store(), clock, random, () => (failures += 1));
    await follower.start();
    return follower;
  };
  return { clock, numbers, positions, arrived, begin, failures: () => failures };
}

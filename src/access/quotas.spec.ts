import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { QuotaUse } from '../audit/index.js';
import type { Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import { Quotas } from './quotas.js';

class SetClock extends Clock {
  time = 1_786_880_450_009;

  now = () => this.time;
  monotonic = () => this.time;
  wait = () => Promise.resolve();
  schedule = () => () => undefined;
}

/** What gateways report to each other, by gateway and slice. */
class Board {
  readonly #told = new Map<string, { teller: number; use: QuotaUse }>();

  swap(teller: number) {
    return (own: readonly QuotaUse[], from: number): Promise<QuotaUse[]> => {
      for (const use of own) {
        this.#told.set(JSON.stringify([teller, use.quota, use.caller, use.slice]), { teller, use });
      }
      const others = [...this.#told.values()].filter((one) => one.teller !== teller && one.use.slice >= from);
      const sums = new Map<string, QuotaUse>();
      for (const { use } of others) {
        const name = JSON.stringify([use.quota, use.caller, use.slice]);
        sums.set(name, { ...use, amount: use.amount + (sums.get(name)?.amount ?? 0) });
      }
      return Promise.resolve([...sums.values()]);
    };
  }
}

const MOST = 30;
const caller = { id: 'portal', grants: [], limits: { alarmsPerMinute: MOST } };
const config = { limits: { perCaller: {} }, database: { kind: 'postgres', url: '' } } as unknown as Config;

describe('quotas of gateways that share a store', () => {
  it('let through together no more than a minute allows, when they exchange after each request', async () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(4_000), fc.integer({ min: 1, max: 9 })), {
      maxLength: 120,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (each) => {
        const clock = new SetClock();
        const board = new Board();
        const all = [0, 1, 2].map(() => new Quotas(config, clock));
        const exchange = async () => {
          for (const [index, one] of all.entries()) await one.exchange(board.swap(index));
        };
        const taken: { at: number; amount: number }[] = [];
        for (const [which, later, amount] of each) {
          clock.time += later;
          // Twice, so that the first hears of the last.
          await exchange();
          await exchange();
          const wait = all[which]!.take('alarms', caller, amount);
          const inWindow = taken.filter(({ at }) => at > clock.time - 60_000);
          const used = inWindow.reduce((sum, one) => sum + one.amount, 0);
          if (wait === 0) {
            taken.push({ at: clock.time, amount });
            expect(used + amount).toBeLessThanOrEqual(MOST);
          } else {
            // Refused only with a reason: at most one slice too strict.
            const nearly = taken.filter(({ at }) => at > clock.time - 61_000);
            expect(nearly.reduce((sum, one) => sum + one.amount, 0) + amount).toBeGreaterThan(MOST);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hear of what was given back', async () => {
    const clock = new SetClock();
    const board = new Board();
    const [one, another] = [new Quotas(config, clock), new Quotas(config, clock)];
    const exchange = async () => {
      await one.exchange(board.swap(0));
      await another.exchange(board.swap(1));
    };
    const takenAt = clock.time;
    expect(one.take('alarms', caller, MOST)).toBe(0);
    await exchange();
    expect(another.take('alarms', caller, 1)).toBeGreaterThan(0);
    clock.time += 2_000;
    one.giveBack('alarms', caller, 5, takenAt);
    await exchange();
    expect(another.take('alarms', caller, 5)).toBe(0);
    expect(another.take('alarms', caller, 1)).toBeGreaterThan(0);
  });

  it.each(['sqlite', 'postgres'])('let nobody have twice what was given back late, on %s', (kind) => {
    const clock = new SetClock();
    const quotas = new Quotas({ ...config, database: { kind } } as unknown as Config, clock);
    const takenAt = clock.time;
    expect(quotas.take('alarms', caller, MOST)).toBe(0);
    clock.time += 8_000;
    quotas.giveBack('alarms', caller, MOST, takenAt);
    expect(quotas.take('alarms', caller, MOST)).toBe(0);
    clock.time += 54_000;
    expect(quotas.take('alarms', caller, 1)).toBeGreaterThan(0);
  });
});

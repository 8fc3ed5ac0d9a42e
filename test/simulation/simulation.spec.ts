import { describe, expect, it } from '@jest/globals';

import { brokenPromises } from './invariants.js';
import { simulate } from './simulation.js';

/** `SIMULATION_SEED=n` replays one seed and tells what happened; `SIMULATION_SEEDS=n` runs more. */
const ONLY = process.env['SIMULATION_SEED'];
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 2_000);

async function failuresOf(seed: number): Promise<object[]> {
  const aftermath = await simulate(seed);
  const broken = brokenPromises(aftermath);
  return broken.length === 0 ? [] : [{ seed, broken, told: aftermath.told }];
}

describe('the gateway in a storm', () => {
  it('keeps every promise, whatever the network does and whenever the process dies', async () => {
    const failures: object[] = [];
    const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(ONLY)];
    for (const seed of seeds) failures.push(...(await failuresOf(seed)));
    expect(failures.slice(0, 3)).toEqual([]);
  }, 600_000);
});

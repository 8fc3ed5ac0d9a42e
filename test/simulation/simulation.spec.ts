import { describe, expect, it } from '@jest/globals';

import { brokenPromises } from './invariants.js';
import { simulate, type Aftermath } from './simulation.js';

/** `SIMULATION_SEED=n` replays one seed and tells what happened; `SIMULATION_SEEDS=n` runs more. */
const ONLY = process.env['SIMULATION_SEED'];
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 2_000);

async function failuresOf(seed: number): Promise<object[]> {
  const aftermath = await simulate(seed);
  const broken = brokenPromises(aftermath);
  if (broken.length === 0) return [];
  return [{ seed, broken, ...(ONLY !== undefined && { story: storyOf(aftermath) }) }];
}

/** What was asked, what the network did, what was recorded and what upstream carried out. */
function storyOf({ planned, network, trails }: Aftermath): string[] {
  return [
    ...planned.map(({ requestId, operation, alarms, startAt, caller, byId, background }) => {
      const ids = alarms.map(({ eventId }) => eventId);
      return JSON.stringify({ requestId, operation, ids, startAt, caller: caller.id, byId, background });
    }),
    ...network.told,
    ...trails.map(({ intent, chunks, settlements, place }) =>
      JSON.stringify({ requestId: intent.requestId, place, chunks, settlements }),
    ),
    ...[...new Set(planned.flatMap(({ alarms }) => alarms))].map(({ eventId, effects }) =>
      JSON.stringify({ eventId, effects: effects.map(({ requestId }) => network.done.get(requestId)) }),
    ),
  ];
}

describe('the gateway in a storm', () => {
  it('keeps every promise, whatever the network does and whenever the process dies', async () => {
    const failures: object[] = [];
    const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(ONLY)];
    for (const seed of seeds) failures.push(...(await failuresOf(seed)));
    expect(failures.slice(0, 3)).toEqual([]);
  });
});

import type { CallerLimits } from '../domain/caller.js';
import type { Field } from './field.js';

const RANGES = {
  requestsPerMinute: { min: 1, max: 1_000_000 },
  alarmsPerMinute: { min: 1, max: 1_000_000 },
  destructivePerDay: { min: 0, max: 1_000_000 },
  maxHostsPerHour: { min: 0, max: 100_000 },
  followers: { min: 0, max: 10_000 },
  livePlans: { min: 0, max: 10_000 },
  livePlanAlarms: { min: 0, max: 10_000_000 },
  backgroundOperations: { min: 0, max: 10_000 },
  expirations: { min: 0, max: 1_000_000 },
} as const satisfies Record<keyof CallerLimits, { readonly min: number; readonly max: number }>;

type Limit = keyof CallerLimits;
const [FIRST, ...OTHERS] = Object.keys(RANGES) as [Limit, ...Limit[]];

/** What a caller may pile up, and how many hosts it may reach, when nothing else is said. */
export const USUAL_LIMITS = {
  maxHostsPerHour: 50,
  followers: 20,
  livePlans: 20,
  livePlanAlarms: 50_000,
  backgroundOperations: 100,
  expirations: 1_000,
} as const satisfies CallerLimits;

/** Only what is written: what is left out is as it is for everyone. */
export function readCallerLimits(entry: Field): CallerLimits {
  const fields = entry.object(FIRST, ...OTHERS);
  const given = [FIRST, ...OTHERS].filter((name) => fields[name].given);
  return Object.fromEntries(given.map((name) => [name, fields[name].integer(RANGES[name], 0)]));
}

/** What holds for callers without limits of their own. */
export function readUsualLimits(entry: Field): CallerLimits {
  return { ...USUAL_LIMITS, ...readCallerLimits(entry) };
}

import { FIRST_PASSWORD } from './account.js';
import { theContract } from './contract/contract.js';
import { boolean, integer, oneOf, text, type Typed } from './contract/schema.js';
import { namesBeyond, type JsonObject } from './json.js';

export const DAY_MS = 86_400_000;

const setting = <Value>(initial: Value, schema: Typed<Value>) => ({ initial, schema });
const duration = (initial: number) => setting(initial, integer(0, 2 ** 40));

/** What a control route can change while the simulator runs. */
const SETTINGS = {
  password: setting(FIRST_PASSWORD, text(1, 256)),
  /** Characters of a token, 64 to 32,768 (contract 3.1). */
  tokenLength: setting(1500, integer(64, 32_768)),
  tokenLifetimeMs: duration(DAY_MS),
  /** Wrong passwords before the account locks, and for how long (contract 3.1.9). */
  lockAfter: setting(5, integer(1, 1000)),
  lockMs: duration(15 * 60_000),
  /** IAM's error shape for a wrong password: `nested` has code 401 only, `flat` has IAM.0062 (contract 3.1.8). */
  wrongPasswordShape: setting('nested', oneOf('nested', 'flat')),
  /** Page sizes of the alarm list are bent to 10..200 instead of refused (contract 2.1). */
  clampLimit: setting(false, boolean),
  /** How long a file stays `isolating` or `restoring` before it is `isolated` or `restored`. */
  isolationDelayMs: duration(0),
  /** Body of an answer that is documented as "None" (contract 1.7). */
  emptyBody: setting('', oneOf('', '{}')),
  /** Keep every request byte for byte; switched off for load tests. */
  recordRequests: setting(true, boolean),
  /** How many projects the lookup by name finds (contract 3.2). */
  projectLookup: setting('one', oneOf('zero', 'one', 'many')),
};

export type Settings = { -readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name]['initial'] };

export function defaultSettings(tokenLifetimeMs: number = DAY_MS): Settings {
  const initial = Object.entries(SETTINGS).map(([name, each]) => [name, each.initial]);
  return { ...(Object.fromEntries(initial) as Settings), tokenLifetimeMs };
}

const properties = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema]));

/** Takes over the named settings; answers what is wrong with them, and then changes nothing. */
export function changeSettings(settings: Settings, changes: JsonObject): string[] {
  const problems = [
    ...namesBeyond(SETTINGS, changes).map((name) => `${name} is no setting`),
    ...theContract().problemsOf({ properties }, changes),
  ];
  if (problems.length === 0) Object.assign(settings, changes);
  return problems;
}

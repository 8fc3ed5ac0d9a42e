import { FIRST_PASSWORD } from './account.js';
import { problemsOf } from './contract/contract.js';
import type { Schema } from './contract/schema.js';
import type { JsonObject } from './json.js';

/** What a control route can change while the simulator runs. */
export interface Settings {
  password: string;
  /** Characters of a token, 64 to 32,768 (contract 3.1). */
  tokenLength: number;
  tokenLifetimeMs: number;
  /** Wrong passwords before the account locks, and for how long (contract 3.1.9). */
  lockAfter: number;
  lockMs: number;
  /** IAM's error shape for a wrong password: `nested` has code 401 only, `flat` has IAM.0062 (contract 3.1.8). */
  wrongPasswordShape: 'nested' | 'flat';
  /** Page sizes of the alarm list are bent to 10..200 instead of refused (contract 2.1). */
  clampLimit: boolean;
  /** How long a file stays `isolating` or `restoring` before it is `isolated` or `restored`. */
  isolationDelayMs: number;
  /** Body of an answer that is documented as "None" (contract 1.7). */
  emptyBody: '' | '{}';
  /** Keep every request byte for byte; switched off for load tests. */
  recordRequests: boolean;
  /** How many projects the lookup by name finds (contract 3.2). */
  projectLookup: 'zero' | 'one' | 'many';
}

const DURATION_MS: Schema = { type: 'integer', minimum: 0, maximum: 2 ** 40 };

const SETTINGS: Readonly<Record<keyof Settings, Schema>> = {
  password: { type: 'string', minLength: 1, maxLength: 256 },
  tokenLength: { type: 'integer', minimum: 64, maximum: 32_768 },
  tokenLifetimeMs: DURATION_MS,
  lockAfter: { type: 'integer', minimum: 1, maximum: 1000 },
  lockMs: DURATION_MS,
  wrongPasswordShape: { enum: ['nested', 'flat'] },
  clampLimit: { type: 'boolean' },
  isolationDelayMs: DURATION_MS,
  emptyBody: { enum: ['', '{}'] },
  recordRequests: { type: 'boolean' },
  projectLookup: { enum: ['zero', 'one', 'many'] },
};

export const DAY_MS = 86_400_000;

export function defaultSettings(tokenLifetimeMs: number = DAY_MS): Settings {
  return {
    password: FIRST_PASSWORD,
    tokenLength: 1500,
    tokenLifetimeMs,
    lockAfter: 5,
    lockMs: 15 * 60_000,
    wrongPasswordShape: 'nested',
    clampLimit: false,
    isolationDelayMs: 0,
    emptyBody: '',
    recordRequests: true,
    projectLookup: 'one',
  };
}

/** Takes over the named settings; answers what is wrong with them, and then changes nothing. */
export function changeSettings(settings: Settings, changes: JsonObject): string[] {
  const unknown = Object.keys(changes).filter((name) => !Object.hasOwn(settings, name));
  const problems = [
    ...unknown.map((name) => `${name} is no setting`),
    ...problemsOf({ properties: SETTINGS }, changes),
  ];
  if (problems.length === 0) Object.assign(settings, changes);
  return problems;
}

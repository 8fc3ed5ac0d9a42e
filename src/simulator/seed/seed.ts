import { OTHER_ENTERPRISE_PROJECT, OTHER_PROJECT, PROJECT, projectById } from '../account.js';
import type { Alarm } from '../hss/alarm.js';
import type { BlockedIp, SystemUsersEntry, WhitelistRule } from '../hss/list-entries.js';
import { DAY_MS } from '../settings.js';
import { generatedAlarms, makeAlarm, type AlarmSpec } from './alarms.js';
import { hostNamed, readSeed } from './hosts.js';

/** The ids of alarms that exist to make one particular thing happen. */
export interface SpecialAlarmIds {
  /** `occur_time` is the largest int64. */
  readonly endOfTime: string;
  /** Its host's agent is offline. */
  readonly offlineAgent: string;
  /** Its host has no agent. */
  readonly noAgent: string;
  /** Listed with nulls and empty strings. */
  readonly ragged: string;
  /** Lies in an enterprise project that the user has no right on. */
  readonly deniedEnterpriseProject: string;
  /** Its class supports nothing but `ignore`. */
  readonly onlyIgnore: string;
  /** An id that is no UUID: the official example has one (contract 1.8). */
  readonly shortId: string;
  /** Lies in the agency's project. */
  readonly agency: string;
}

type AlarmSeed = Omit<AlarmSpec, 'host'> & {
  /** The published example that operates on it: posted as it stands, the example is accepted. */
  readonly exampleOf?: string;
  readonly special?: keyof SpecialAlarmIds;
  readonly projectId?: string;
  readonly host?: string;
};

const ALARMS = readSeed<AlarmSeed>('alarms');

export const SPECIAL_ALARM_IDS = Object.fromEntries(
  ALARMS.flatMap(({ special, eventId }) => (special === undefined ? [] : [[special, eventId]])),
) as unknown as SpecialAlarmIds;

function alarmOf({ exampleOf: _, special: __, projectId, host, ...spec }: AlarmSeed): Alarm {
  return makeAlarm(
    { ...spec, ...(host !== undefined && { host: hostNamed(host) }) },
    projectById(projectId) ?? PROJECT,
  );
}

/** The start of the UTC day. */
const dayOf = (at: number): number => at - (at % DAY_MS);

const GENERATED_STEP_MS = 97 * 60_000;

/**
 * The alarms of a fresh simulator. Ids never change; the generated ones occurred in the days before the UTC day of
 * the start, so that a look-back of some days finds them.
 */
export function* seedAlarms(count: number, startedAt: number): Iterable<Alarm> {
  yield* ALARMS.map(alarmOf);
  const today = dayOf(startedAt);
  const before = (many: number) => ({
    count: many,
    startTime: today - many * GENERATED_STEP_MS,
    stepMs: GENERATED_STEP_MS,
  });
  yield* generatedAlarms({ name: 'main', ...before(count), handledEvery: 10 });
  const elsewhere = Math.max(5, Math.floor(count / 4));
  yield* generatedAlarms({ name: 'other', ...before(elsewhere), project: OTHER_PROJECT });
}

type BlockedIpSeed = Pick<BlockedIp, 'enterpriseProjectId' | 'srcIp' | 'loginType'> & {
  readonly host: string;
  readonly daysAgo: number;
};

/** Addresses that brute-force protection blocked in the days before the start. */
export function seedBlockedIps(startedAt: number): BlockedIp[] {
  const today = dayOf(startedAt);
  return readSeed<BlockedIpSeed>('blocked-ips').map(({ host, daysAgo, ...seed }) => ({
    projectId: PROJECT.id,
    enterpriseProjectId: seed.enterpriseProjectId,
    host: hostNamed(host),
    srcIp: seed.srcIp,
    loginType: seed.loginType,
    interceptNum: daysAgo * 12,
    blockTime: today - daysAgo * DAY_MS,
    latestTime: today - daysAgo * DAY_MS + 3_600_000,
    unblockedAt: undefined,
  }));
}

type SystemUsersSeed = Pick<SystemUsersEntry, 'enterpriseProjectId' | 'userNames' | 'remarks'> & {
  readonly host: string;
  readonly daysAgo: number;
};

/** System users that were put on the whitelist in the days before the start. */
export function seedSystemUsers(startedAt: number): SystemUsersEntry[] {
  return readSeed<SystemUsersSeed>('system-users').map(({ host, daysAgo, ...seed }) => ({
    ...seed,
    projectId: PROJECT.id,
    host: hostNamed(host),
    updatedAt: dayOf(startedAt) - daysAgo * DAY_MS,
  }));
}

/** A rule of the default enterprise project that covers two hosts. No answer has its id (contract 2.5.4): who asks knows it. */
export const SEED_RULE_ID = '6d0f4a7e-52c1-4b39-9e86-1f7a3c5b2d90';

/** A rule of the other enterprise project that covers all hosts. */
export const SEED_RULE_OF_ALL_HOSTS_ID = 'b81e93d4-0c6f-4a57-8d22-74f5e0a9c613';

/** The rules that the rule detail finds. The listing has nothing of them: the alarm whitelist of a fresh simulator is empty. */
export const SEED_RULES: readonly WhitelistRule[] = [
  {
    projectId: PROJECT.id,
    enterpriseProjectId: '0',
    ruleId: SEED_RULE_ID,
    scope: false,
    agentIds: ['web-1', 'web-2'].map((name) => hostNamed(name).agentId),
  },
  {
    projectId: PROJECT.id,
    enterpriseProjectId: OTHER_ENTERPRISE_PROJECT,
    ruleId: SEED_RULE_OF_ALL_HOSTS_ID,
    scope: true,
  },
];

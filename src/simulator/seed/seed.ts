import { OTHER_PROJECT, PROJECT, projectById } from '../account.js';
import type { Alarm } from '../hss/alarm.js';
import type { BlockedIp } from '../hss/list-entries.js';
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

const GENERATED_STEP_MS = 97 * 60_000;

/**
 * The alarms of a fresh simulator. Ids never change; the generated ones occurred in the days before the UTC day of
 * the start, so that a look-back of some days finds them.
 */
export function* seedAlarms(count: number, startedAt: number): Iterable<Alarm> {
  yield* ALARMS.map(alarmOf);
  const today = startedAt - (startedAt % DAY_MS);
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
  const today = startedAt - (startedAt % DAY_MS);
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

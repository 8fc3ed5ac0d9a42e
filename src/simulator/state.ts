import { FaultRules } from './faults/fault-rules.js';
import { AlarmStore, type AgentState } from './hss/alarm.js';
import {
  alarmWhitelist,
  isolatedFiles,
  loginWhitelist,
  type BlockedIp,
  type HistoryEntry,
  type SystemUsersEntry,
} from './hss/list-entries.js';
import { KeyRing, Lockout, TokenStore } from './iam/credentials.js';
import { initialAgents } from './seed/hosts.js';
import { SEED_RULES, seedAlarms, seedBlockedIps, seedSystemUsers } from './seed/seed.js';
import { defaultSettings, type Settings } from './settings.js';

/** One request as it came over the wire. */
export interface RecordedRequest {
  /** How many requests came before it. */
  readonly sequence: number;
  /** Epoch milliseconds of the end of its head. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  body: Buffer;
  /** `X-Request-Id` of its answer. */
  readonly requestId: string;
  /** Status of the answer; absent while there is none, and when none was meant to be sent. */
  status?: number;
  /** The kind of fault that was put on it. */
  fault?: string;
}

/** Everything that was received, in order; control requests are not. */
class RequestLog {
  private entries: RecordedRequest[] = [];
  private count = 0;

  /** `keep` is false when recording is switched off: the request is then only counted. */
  add(request: Omit<RecordedRequest, 'sequence' | 'body'>, keep: boolean): RecordedRequest {
    const entry: RecordedRequest = { sequence: this.count, body: Buffer.alloc(0), ...request };
    this.count += 1;
    if (keep) this.entries.push(entry);
    return entry;
  }

  /** How many requests were received since the last clear, recorded or not. */
  get total(): number {
    return this.count;
  }

  matching(path: string | null): RecordedRequest[] {
    return path === null ? this.entries : this.entries.filter((entry) => entry.url.includes(path));
  }

  clear(): void {
    this.entries = [];
    this.count = 0;
  }
}

export interface SimulatorStateOptions {
  readonly now: () => number;
  /** How many alarms to generate besides the fixed ones. */
  readonly alarms: number;
  readonly tokenLifetimeMs: number | undefined;
  /** Epoch milliseconds that its seed counts from; now when left out. */
  readonly startedAt?: number;
}

/** Everything one simulator knows. Nothing lives outside of it, so that several run in one process. */
export class SimulatorState {
  readonly now: () => number;
  readonly alarms = new AlarmStore();
  readonly agents = new Map<string, AgentState>();
  readonly alarmWhitelist = alarmWhitelist();
  readonly loginWhitelist = loginWhitelist();
  readonly isolatedFiles = isolatedFiles();
  readonly tokens = new TokenStore();
  readonly keys = new KeyRing();
  readonly history: HistoryEntry[] = [];
  readonly blockedIps: BlockedIp[] = [];
  /** These two are never changed: no call that is played here does. */
  readonly systemUsers: readonly SystemUsersEntry[];
  readonly whitelistRules = SEED_RULES;
  readonly passwordLockout = new Lockout();
  readonly faults = new FaultRules();
  readonly requests = new RequestLog();
  settings: Settings;
  readonly startedAt: number;

  constructor(private readonly options: SimulatorStateOptions) {
    this.now = options.now;
    this.startedAt = options.startedAt ?? options.now();
    this.systemUsers = seedSystemUsers(this.startedAt);
    this.settings = defaultSettings(options.tokenLifetimeMs);
    this.seed();
  }

  /** Back to the seed: alarms, lists, settings, faults, locks and the request log. Tokens and temporary keys stay valid. */
  reset(): void {
    const { alarms, agents, alarmWhitelist, loginWhitelist, isolatedFiles, faults, requests } = this;
    for (const part of [alarms, agents, alarmWhitelist, loginWhitelist, isolatedFiles, faults, requests])
      part.clear();
    this.history.length = 0;
    this.blockedIps.length = 0;
    this.passwordLockout.reset();
    this.keys.unlockAll();
    this.settings = defaultSettings(this.options.tokenLifetimeMs);
    this.seed();
  }

  private seed(): void {
    for (const [agentId, agentState] of initialAgents()) this.agents.set(agentId, agentState);
    this.blockedIps.push(...seedBlockedIps(this.startedAt));
    for (const alarm of seedAlarms(this.options.alarms, this.startedAt)) this.alarms.add(alarm);
  }
}

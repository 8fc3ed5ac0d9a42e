import { AlarmStore, type AgentState } from './hss/alarm.js';
import type { BlockedIp } from './hss/blocked-ip.js';
import type { HistoryEntry } from './hss/history-entry.js';
import { IsolatedFiles } from './hss/isolation.js';
import { alarmWhitelist, loginWhitelist } from './hss/whitelists.js';
import { FaultBook } from './faults/fault-book.js';
import { Lockout } from './iam/lockout.js';
import { KeyRing } from './signing/key-ring.js';
import { TokenStore } from './iam/token-store.js';
import { RequestLog } from './control/request-log.js';
import { firstSettings, type Settings } from './settings.js';
import { seedBlockedIps } from './seed/blocked-ips.js';
import { firstAgents, seedAlarms } from './seed/seed.js';

export interface WorldOptions {
  readonly now: () => number;
  /** How many alarms to generate besides the fixed ones. */
  readonly alarms: number;
  readonly tokenLifetimeMs: number | undefined;
  /** Epoch milliseconds that its seed counts from; now when left out. */
  readonly startedAt?: number;
}

/** Everything one simulator knows. Nothing lives outside of it, so that several run in one process. */
export class World {
  readonly now: () => number;
  readonly alarms = new AlarmStore();
  readonly agents = new Map<string, AgentState>();
  readonly alarmWhitelist = alarmWhitelist();
  readonly loginWhitelist = loginWhitelist();
  readonly isolatedFiles = new IsolatedFiles();
  readonly tokens = new TokenStore();
  readonly keys = new KeyRing();
  readonly history: HistoryEntry[] = [];
  readonly blockedIps: BlockedIp[] = [];
  readonly passwordLockout = new Lockout();
  readonly faults = new FaultBook();
  readonly requests = new RequestLog();
  settings: Settings;
  readonly startedAt: number;

  constructor(private readonly options: WorldOptions) {
    this.now = options.now;
    this.startedAt = options.startedAt ?? options.now();
    this.settings = firstSettings(options.tokenLifetimeMs);
    this.seed();
  }

  /** Back to the seed: alarms, lists, settings, faults, locks and the request log. Tokens and temporary keys stay valid. */
  reset(): void {
    this.alarms.clear();
    this.agents.clear();
    this.alarmWhitelist.clear();
    this.loginWhitelist.clear();
    this.isolatedFiles.clear();
    this.history.length = 0;
    this.blockedIps.length = 0;
    this.passwordLockout.reset();
    this.keys.unlockAll();
    this.faults.clear();
    this.requests.clear();
    this.settings = firstSettings(this.options.tokenLifetimeMs);
    this.seed();
  }

  private seed(): void {
    for (const [agentId, state] of firstAgents()) this.agents.set(agentId, state);
    this.blockedIps.push(...seedBlockedIps(this.startedAt));
    for (const alarm of seedAlarms(this.options.alarms, this.startedAt)) this.alarms.add(alarm);
  }
}

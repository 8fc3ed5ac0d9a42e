import type { WireDetail, WireRule } from '../../hss/wire.js';
import type { Alarm, Host } from './alarm.js';

/** Entries by what makes them the same; putting one again replaces it. */
class KeyedList<Entry> {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly keyOf: (entry: Entry) => unknown[]) {}

  put(entry: Entry): void {
    this.entries.set(JSON.stringify(this.keyOf(entry)), entry);
  }

  get(...key: unknown[]): Entry | undefined {
    return this.entries.get(JSON.stringify(key));
  }

  /** Removes every entry that `isGone` picks. */
  removeWhere(isGone: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.entries) if (isGone(entry)) this.entries.delete(key);
  }

  list(): Entry[] {
    return [...this.entries.values()];
  }

  clear(): void {
    this.entries.clear();
  }
}

/** One line of the alarm whitelist (contract 2.5.1). */
export interface AlarmWhitelistEntry {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly eventType: number;
  readonly hash: string;
  /** The alarm's keyword, or the rule in the same form: `field=value`. */
  readonly description: string;
  /** Set for an entry made by `event_white_rule_list`. */
  readonly rule?: WireRule;
  readonly updatedAt: number;
}

export const alarmWhitelist = (): KeyedList<AlarmWhitelistEntry> =>
  new KeyedList((entry) => [entry.projectId, entry.eventType, entry.description, entry.hash]);

/** Which hosts a rule of the alarm whitelist covers (contract 2.5.4). */
export interface WhitelistRule {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly ruleId: string;
  /** All hosts. */
  readonly scope: boolean;
  readonly agentIds?: readonly string[];
}

/** One line of the login whitelist (contract 2.6.1). */
export interface LoginWhitelistEntry {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly privateIp: string;
  readonly loginIp: string;
  readonly loginUserName: string;
  readonly remarks: string;
  readonly updatedAt: number;
}

export const loginWhitelist = (): KeyedList<LoginWhitelistEntry> =>
  new KeyedList((entry) => [entry.projectId, entry.privateIp, entry.loginIp, entry.loginUserName]);

/** Whether an entry is of the login that a detail of an alarm speaks of. */
export const isOfLogin = (entry: LoginWhitelistEntry, detail: WireDetail): boolean =>
  entry.privateIp === detail.private_ip &&
  entry.loginIp === detail.login_ip &&
  entry.loginUserName === detail.login_user_name;

/** System users of one host that raise no alarm (contract 2.7.1). */
export interface SystemUsersEntry {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly host: Host;
  readonly userNames: readonly string[];
  readonly remarks: string;
  readonly updatedAt: number;
}

/** A file that was taken away from a host, or is on its way back (contract 2.8). */
export interface IsolatedFile {
  readonly projectId: string;
  readonly alarm: Alarm;
  readonly fileHash: string;
  readonly filePath: string;
  readonly fileAttr: string;
  /** Where it is heading, and since when. */
  goal: 'isolated' | 'restored';
  since: number;
}

export const isolatedFiles = (): KeyedList<IsolatedFile> =>
  new KeyedList((file) => [file.alarm.host.id, file.fileHash, file.filePath]);

/** Sends a file back to its host. */
export function restore(file: IsolatedFile, now: number): void {
  if (file.goal !== 'restored') Object.assign(file, { goal: 'restored', since: now });
}

/** The agent needs `delayMs` to get there; until then the intermediate state shows. */
export function isolationStatus(
  { goal, since }: Pick<IsolatedFile, 'goal' | 'since'>,
  now: number,
  delayMs: number,
): 'isolating' | 'isolated' | 'restoring' | 'restored' {
  if (now >= since + delayMs) return goal;
  return goal === 'isolated' ? 'isolating' : 'restoring';
}

/** An address that a host does not let in any more (contract 2.9). */
export interface BlockedIp {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly host: Host;
  readonly srcIp: string;
  readonly loginType: 'mysql' | 'rdp' | 'ssh' | 'vsftp';
  readonly interceptNum: number;
  readonly blockTime: number;
  readonly latestTime: number;
  /** When the unblocking was asked for. */
  unblockedAt: number | undefined;
}

/** The agent needs `delayMs` to let an address in again, as it does for an isolation. */
export function interceptStatus(
  { unblockedAt }: Pick<BlockedIp, 'unblockedAt'>,
  now: number,
  delayMs: number,
): 'intercepted' | 'cancelling' | 'canceled' {
  if (unblockedAt === undefined) return 'intercepted';
  return now >= unblockedAt + delayMs ? 'canceled' : 'cancelling';
}

/** One thing that was done to one alarm; unlike the alarm itself it also shows what was taken back (contract 2.3). */
export interface HistoryEntry {
  readonly alarm: Alarm;
  readonly operateType: string;
  readonly userName: string;
  readonly notes: string;
  readonly at: number;
  readonly statusAfter: 'handled' | 'unhandled';
}

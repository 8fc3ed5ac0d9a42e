import type { WireRule } from '../../upstream/wire.js';

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

/** Entries by what makes them the same; putting one again replaces it. */
export class Whitelist<Entry> {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly keyOf: (entry: Entry) => string) {}

  put(entry: Entry): void {
    this.entries.set(this.keyOf(entry), entry);
  }

  /** Removes every entry that `isGone` picks and answers them. */
  removeWhere(isGone: (entry: Entry) => boolean): Entry[] {
    const gone = this.list().filter(isGone);
    for (const entry of gone) this.entries.delete(this.keyOf(entry));
    return gone;
  }

  list(): Entry[] {
    return [...this.entries.values()];
  }

  clear(): void {
    this.entries.clear();
  }
}

export function alarmWhitelist(): Whitelist<AlarmWhitelistEntry> {
  return new Whitelist((entry) =>
    JSON.stringify([entry.projectId, entry.eventType, entry.description, entry.hash]),
  );
}

export function loginWhitelist(): Whitelist<LoginWhitelistEntry> {
  return new Whitelist((entry) =>
    JSON.stringify([entry.projectId, entry.privateIp, entry.loginIp, entry.loginUserName]),
  );
}

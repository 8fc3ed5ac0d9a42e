import type { Host } from './alarm.js';

export const LOGIN_TYPES = ['mysql', 'rdp', 'ssh', 'vsftp'] as const;

/** An address that a host does not let in any more (contract 2.9). */
export interface BlockedIp {
  readonly projectId: string;
  readonly enterpriseProjectId: string;
  readonly host: Host;
  readonly srcIp: string;
  readonly loginType: (typeof LOGIN_TYPES)[number];
  readonly interceptNum: number;
  readonly blockTime: number;
  readonly latestTime: number;
  /** When the unblocking was asked for. */
  unblockedAt: number | undefined;
}

export type InterceptStatus = 'intercepted' | 'cancelling' | 'canceled';

/** The agent needs `delayMs` to let an address in again, as it does for an isolation. */
export function interceptStatus(entry: BlockedIp, now: number, delayMs: number): InterceptStatus {
  if (entry.unblockedAt === undefined) return 'intercepted';
  return now >= entry.unblockedAt + delayMs ? 'canceled' : 'cancelling';
}

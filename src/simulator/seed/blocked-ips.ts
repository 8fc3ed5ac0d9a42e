import { OTHER_ENTERPRISE_PROJECT, PROJECT } from '../account.js';
import type { BlockedIp } from '../hss/blocked-ip.js';
import { DAY_MS } from '../settings.js';
import { BASTION_HOST, GENERATED_HOSTS } from './hosts.js';
import type { Host } from '../hss/alarm.js';

/** Addresses that brute-force protection blocked in the days before the start. */
export function seedBlockedIps(startedAt: number): BlockedIp[] {
  const today = startedAt - (startedAt % DAY_MS);
  const [web, office] = [GENERATED_HOSTS[0], GENERATED_HOSTS[5]] as [Host, Host];
  const blocked = (
    host: Host,
    srcIp: string,
    loginType: BlockedIp['loginType'],
    days: number,
  ): BlockedIp => ({
    projectId: PROJECT.id,
    enterpriseProjectId: host === office ? OTHER_ENTERPRISE_PROJECT : '0',
    host,
    srcIp,
    loginType,
    interceptNum: days * 12,
    blockTime: today - days * DAY_MS,
    latestTime: today - days * DAY_MS + 3_600_000,
    unblockedAt: undefined,
  });
  return [
    blocked(BASTION_HOST, '203.0.113.90', 'ssh', 1),
    blocked(web, '203.0.113.90', 'ssh', 1),
    blocked(web, '203.0.113.91', 'mysql', 6),
    blocked(office, '203.0.113.92', 'rdp', 3),
  ];
}

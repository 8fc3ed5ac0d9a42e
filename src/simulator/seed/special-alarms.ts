import { AGENCY_PROJECT, DENIED_ENTERPRISE_PROJECT } from '../account.js';
import { AGENTLESS_HOST, LIBRARY_HOST, OFFLINE_HOST, fixedHash, fixedUuid } from './hosts.js';
import { makeAlarm } from './make-alarm.js';
import type { Alarm, Host } from '../hss/alarm.js';
import { INT64_MAX } from '../shape.js';

function malware(
  title: string,
  host: Host,
  more: { occurTime?: number | bigint } & Partial<Alarm> = {},
): Alarm {
  const path = host.os === 'Windows' ? `C:\\Users\\Public\\${title}.exe` : `/opt/${title}/run`;
  return makeAlarm({
    eventId: fixedUuid(`special ${title}`),
    eventClassId: 'malware_1001',
    eventType: 1001,
    eventName: 'Malicious program',
    occurTime: 1786910000000,
    host,
    details: [
      {
        agent_id: host.agentId,
        process_pid: 4711,
        is_parent: false,
        file_hash: fixedHash(`file ${title}`),
        file_path: path,
        file_attr: 33261,
        keyword: `file_path=${path}`,
        hash: fixedHash(`keyword ${title}`),
        private_ip: host.privateIp,
      },
    ],
    ...more,
  });
}

/** The ids of alarms that exist to make one particular thing happen. */
export const SPECIAL_ALARM_IDS = {
  /** `occur_time` is the largest int64. */
  endOfTime: fixedUuid('special end-of-time'),
  /** Its host's agent is offline. */
  offlineAgent: fixedUuid('special offline'),
  /** Its host has no agent. */
  noAgent: fixedUuid('special agentless'),
  /** Listed with nulls and empty strings. */
  ragged: fixedUuid('special ragged'),
  /** Lies in an enterprise project that the user has no right on. */
  deniedEnterpriseProject: fixedUuid('special denied'),
  /** Its class supports nothing but `ignore`. */
  onlyIgnore: fixedUuid('special only-ignore'),
  /** An id that is no UUID: the official example has one (contract 1.8). */
  shortId: 'd8a12cf7-6a43-4cd6-92b4-aabf1e917',
  /** Lies in the agency's project. */
  agency: fixedUuid('special agency'),
} as const;

export function specialAlarms(): Alarm[] {
  const login = { agent_id: LIBRARY_HOST.agentId, private_ip: LIBRARY_HOST.privateIp };
  return [
    malware('end-of-time', LIBRARY_HOST, { occurTime: INT64_MAX }),
    malware('offline', OFFLINE_HOST),
    malware('agentless', AGENTLESS_HOST),
    malware('denied', LIBRARY_HOST, { enterpriseProjects: [DENIED_ENTERPRISE_PROJECT] }),
    makeAlarm({
      eventId: SPECIAL_ALARM_IDS.ragged,
      eventClassId: 'malware_1001',
      eventType: 1001,
      eventName: '',
      occurTime: 1786910000001,
      ragged: true,
      details: [{ agent_id: LIBRARY_HOST.agentId, file_path: '', login_ip: '', keyword: '', hash: '' }],
    }),
    makeAlarm({
      eventId: SPECIAL_ALARM_IDS.onlyIgnore,
      eventClassId: 'login_1001',
      eventType: 4004,
      eventName: 'Login succeeded',
      occurTime: 1786910000002,
      severity: 'Security',
      details: [{ ...login, login_ip: '203.0.113.80', login_user_name: 'deploy' }],
    }),
    makeAlarm({
      eventId: SPECIAL_ALARM_IDS.shortId,
      eventClassId: 'login_0001',
      eventType: 4002,
      eventName: 'Brute-force attack',
      occurTime: 1786910000003,
      severity: 'Low',
      attackTag: 'attack_blocked',
      autoBlock: true,
      details: [{ ...login, login_ip: '203.0.113.81', login_user_name: 'root' }],
    }),
    makeAlarm(
      {
        eventId: SPECIAL_ALARM_IDS.agency,
        eventClassId: 'portscan_0001',
        eventType: 6002,
        occurTime: 1786910000004,
      },
      AGENCY_PROJECT,
    ),
  ];
}

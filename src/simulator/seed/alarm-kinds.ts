/** Kinds of alarms to generate: class, type and name from contract 1.9 and 1.10, paired by their wording. */

export interface AlarmKind {
  readonly eventClassId: string;
  readonly eventType: number;
  readonly name: string;
  readonly category: 'host' | 'container';
  readonly attCk: string;
  /** What the details speak of; a cluster alarm has none. */
  readonly about: 'file' | 'process' | 'login' | 'cluster';
}

type Row = [string, number, string, AlarmKind['category'], AlarmKind['about'], string];

const ROWS: readonly Row[] = [
  ['malware_1001', 1001, 'Malicious program', 'host', 'file', 'Execution'],
  ['login_0001', 4002, 'Brute-force attempt', 'host', 'login', 'Credential Access'],
  ['av_1011', 1011, 'Ransomware', 'host', 'file', 'Impact'],
  ['procdet_0001', 3007, 'Abnormal process behaviour', 'host', 'process', 'Execution'],
  ['k8s_1003', 13002, 'Interactive shell used in a pod', 'container', 'cluster', 'Execution'],
  ['webshell_0001', 1015, 'Website backdoor', 'host', 'file', 'Persistence'],
  ['login_1002', 4004, 'Login from an unusual place', 'host', 'login', 'Initial Access'],
  ['malware_0002', 1017, 'Reverse shell', 'host', 'file', 'Command and Control'],
  ['fileprotect_0002', 3004, 'Key file changed', 'host', 'process', 'Persistence'],
  ['av_1016', 1016, 'Mining software', 'container', 'file', 'Impact'],
  ['crontab_1001', 3027, 'Suspicious crontab task', 'host', 'process', 'Persistence'],
  ['procdet_0002', 3003, 'Process privilege escalation', 'host', 'process', 'Privilege Escalation'],
  ['rootkit_0002', 1010, 'Suspicious kernel module', 'host', 'file', 'Defense Evasion'],
  ['portscan_0001', 6002, 'Port scan', 'host', 'cluster', 'Reconnaissance'],
  ['containerescape_0002', 3007, 'Shocker attack', 'container', 'process', 'Privilege Escalation'],
  ['user_1002', 4006, 'Risky account', 'host', 'cluster', 'Persistence'],
  ['procreport_0001', 3015, 'Dangerous command', 'host', 'process', 'Execution'],
  ['av_1002', 1002, 'Virus', 'host', 'file', 'Execution'],
  ['imgblock_0009', 3036, 'Blocked: privileged container', 'container', 'cluster', 'Defense Evasion'],
  ['vul_exploit_0001', 2047, 'Redis exploit', 'host', 'cluster', 'Initial Access'],
  ['hips_0001', 3029, 'Windows Defender disabled', 'host', 'process', 'Defense Evasion'],
];

export const ALARM_KINDS: readonly AlarmKind[] = ROWS.map(
  ([eventClassId, eventType, name, category, about, attCk]) => ({
    eventClassId,
    eventType,
    name,
    category,
    about,
    attCk,
  }),
);

/** Words that upstream uses of alarms (contract 2.1). Closed sets: it takes no others as filters. */

export const CATEGORIES = ['host', 'container'] as const;
export type Category = (typeof CATEGORIES)[number];

export const HANDLE_STATUSES = ['unhandled', 'handled'] as const;
export type HandleStatus = (typeof HANDLE_STATUSES)[number];

export const ATTACK_TAGS = [
  'attack_success',
  'attack_attempt',
  'attack_blocked',
  'abnormal_behavior',
  'collapsible_host',
  'system_vulnerability',
] as const;
export type AttackTag = (typeof ATTACK_TAGS)[number];

/** ATT&CK phases: upstream filters by them and does not show them. */
export const ATT_CK_PHASES = [
  'Reconnaissance',
  'Initial Access',
  'Execution',
  'Persistence',
  'Privilege Escalation',
  'Defense Evasion',
  'Credential Access',
  'Command and Control',
  'Impact',
] as const;
export type AttCkPhase = (typeof ATT_CK_PHASES)[number];

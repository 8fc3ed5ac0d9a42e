/** Words that upstream uses in its listings (contract 2.1, 2.3, 2.8, 2.9). Closed sets: it takes no others as filters. */

export const CATEGORIES = ['host', 'container'] as const;
export type Category = (typeof CATEGORIES)[number];

export const HANDLE_STATUSES = ['unhandled', 'handled'] as const;

export const ATTACK_TAGS = [
  'attack_success',
  'attack_attempt',
  'attack_blocked',
  'abnormal_behavior',
  'collapsible_host',
  'system_vulnerability',
] as const;

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

/** Threat levels, from the lowest to the highest, spelled as upstream spells them (contract 2.1). */
export const SEVERITIES = ['Security', 'Low', 'Medium', 'High', 'Critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ASSET_VALUES = ['important', 'common', 'test'] as const;

export const ISOLATION_STATUSES = ['isolated', 'restored', 'isolating', 'restoring'] as const;
export type IsolationStatus = (typeof ISOLATION_STATUSES)[number];

export const INTERCEPT_STATUSES = ['intercepted', 'canceled', 'cancelling'] as const;
export type InterceptStatus = (typeof INTERCEPT_STATUSES)[number];

/** Services that an attacker tried to log in to. */
export const LOGIN_TYPES = ['mysql', 'rdp', 'ssh', 'vsftp'] as const;

/** Upstream documents no offset beyond this. */
export const MAX_OFFSET = 2_000_000;

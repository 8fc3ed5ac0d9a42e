import type { AttackTag, AttCkPhase, Category, HandleStatus, Severity } from '../domain/upstream-words.js';

/** Which alarms; every part narrows, a list means any of its words. Only what upstream itself can filter by (contract 2.1). */
export interface AlarmFilter {
  /** Absent: hosts' and containers', in this order. */
  readonly category?: Category;
  readonly severities?: readonly Severity[];
  readonly status?: HandleStatus;
  readonly hostName?: string;
  readonly hostId?: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  readonly containerName?: string;
  readonly name?: string;
  readonly eventTypes?: readonly number[];
  readonly eventClassIds?: readonly string[];
  readonly attackTag?: AttackTag;
  readonly attCk?: AttCkPhase;
  /** Occurred at this time or later, in epoch milliseconds of thirteen digits. */
  readonly from?: number;
  /** Occurred at this time or earlier, likewise. */
  readonly to?: number;
}

/** The filter as upstream's query spells it, but for the category. */
export function queryOf(filter: AlarmFilter): [string, string][] {
  const each = (name: string, values: readonly (string | number)[] = []) =>
    values.map((value): [string, string] => [name, String(value)]);
  const one = (name: string, value: string | number | undefined) =>
    each(name, value === undefined ? [] : [value]);
  return [
    ...one('host_name', filter.hostName),
    ...one('host_id', filter.hostId),
    ...one('private_ip', filter.privateIp),
    ...one('public_ip', filter.publicIp),
    ...one('container_name', filter.containerName),
    ...each('event_types', filter.eventTypes),
    ...one('handle_status', filter.status),
    ...one('begin_time', filter.from),
    ...one('end_time', filter.to),
    ...each('event_class_ids', filter.eventClassIds),
    ...each('severity_list', filter.severities),
    ...one('attack_tag', filter.attackTag),
    ...one('att_ck', filter.attCk),
    ...one('event_name', filter.name),
  ];
}

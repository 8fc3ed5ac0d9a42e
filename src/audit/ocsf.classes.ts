import { isAddress } from '../domain/address-range.js';
import type { SeenAlarm } from '../domain/seen-alarm.js';
import { targetsOf } from './alarm-outcomes.js';
import type { IntentRecord } from './audit-record.js';

/** What an event has beside what all have. */
export type Members = Readonly<Record<string, unknown>>;

interface EventClass {
  readonly category_uid: number;
  readonly category_name: string;
  readonly class_uid: number;
  readonly class_name: string;
}

const APPLICATION = { category_uid: 6, category_name: 'Application Activity' };
const REMEDIATION = { category_uid: 7, category_name: 'Remediation' };
export const CLASSES = {
  api: { class_uid: 6003, class_name: 'API Activity', ...APPLICATION },
  remediation: { class_uid: 7001, class_name: 'Remediation Activity', ...REMEDIATION },
  fileRemediation: { class_uid: 7002, class_name: 'File Remediation Activity', ...REMEDIATION },
  processRemediation: { class_uid: 7003, class_name: 'Process Remediation Activity', ...REMEDIATION },
} as const satisfies Readonly<Record<string, EventClass>>;

/** Numbers of activities: those of API Activity, and those of Remediation Activity. */
export const API_ACTIVITIES = { Create: 1, Read: 2, Update: 3, Delete: 4 } as const;
export const REMEDIATION_ACTIVITIES = { Evict: 2, Restore: 3 } as const;

export function classified(of: EventClass, activity_id: number, activity_name: string): Members {
  const type_uid = of.class_uid * 100 + activity_id;
  return { ...of, activity_id, activity_name, type_uid, type_name: `${of.class_name}: ${activity_name}` };
}

/** So many alarms or items are named by one event. */
const MAX_NAMED = 100;

/** What an operation acts on, as far as an event names it. */
export interface NamedTarget {
  readonly id: string;
  readonly type: 'Alarm' | 'Item';
  readonly seen: SeenAlarm;
}

export function namedTargets(intent: IntentRecord): NamedTarget[] {
  const type = intent.items ? 'Item' : 'Alarm';
  const named = targetsOf(intent).slice(0, MAX_NAMED);
  return named.map((id, index) => ({ id, type, seen: intent.seen?.[index] ?? {} }));
}

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Host and address under the names that several objects have for them; what is called a name may be any text. */
export function hostMembers({ host = {} }: SeenAlarm): Members {
  const { name, privateIp, publicIp } = host;
  const ip = [privateIp, publicIp].find((address) => address !== undefined && isAddress(address));
  return {
    ...(name !== undefined && HOST_NAME.test(name) && { hostname: name }),
    ...(ip !== undefined && { ip }),
  };
}

const USER = { type_id: 1, type: 'User' };

/** On whose word something was done. @param caller absent: nobody who was authenticated */
export function actorOf(caller: string | undefined, onBehalfOf: string | undefined): Members {
  return {
    ...(caller === undefined ? { app_name: 'unauthenticated' } : { app_uid: caller }),
    ...(onBehalfOf !== undefined && { user: { ...USER, name: onBehalfOf } }),
  };
}

import type { DetailFieldName } from './detail-fields.js';

/** What is known of one operation: it decides how the operation is limited, sent and reversed. */
interface OperationFacts {
  /** What it does, in a few words. */
  readonly title: string;
  /** The operation that takes it back; absent: upstream has none. */
  readonly inverse?: OperationName;
  /** Fields that every detail object must carry; when there are any, an alarm must have at least one detail. */
  readonly requiredDetails: readonly DetailFieldName[];
  /** Changes something on a host, not only the alarm's bookkeeping. */
  readonly destructive: boolean;
  /** Keeps later alarms from being seen, on any number of hosts: limited like a change of a host. */
  readonly hidesAlarms: boolean;
  /** Takes something back; such operations never wait for others. */
  readonly isReversal: boolean;
  /** Only sets the alarm's state: sending it twice has the effect of sending it once. */
  readonly isIdempotent: boolean;
}

/** Every operation on alarms can be undone. */
interface OperationTypeFacts extends OperationFacts {
  readonly inverse: OperationType;
}

const DEFAULTS = {
  requiredDetails: [],
  destructive: false,
  hidesAlarms: false,
  isReversal: false,
  isIdempotent: false,
} as const;

/** Fields of upstream's whitelists and of isolation (contract 1.6), the same for an operation and its inverse. */
const ALARM_WHITELIST = { ...DEFAULTS, requiredDetails: ['keyword', 'hash'] } as const;
const LOGIN_WHITELIST = { ...DEFAULTS, requiredDetails: ['loginIp', 'privateIp', 'loginUserName'] } as const;
const ISOLATION = {
  ...DEFAULTS,
  requiredDetails: ['agentId', 'fileHash', 'filePath', 'processPid'],
} as const;

/** Upstream's ten `operate_type` values (contract 1.6): a closed set, spelled as upstream spells them. */
const ALARM_OPERATIONS = {
  mark_as_handled: {
    ...DEFAULTS,
    title: 'Mark as handled by hand',
    inverse: 'unhandle',
    isIdempotent: true,
  },
  unhandle: {
    ...DEFAULTS,
    title: 'Take back handling by hand',
    inverse: 'mark_as_handled',
    isReversal: true,
    isIdempotent: true,
  },
  ignore: { ...DEFAULTS, title: 'Ignore', inverse: 'do_not_ignore', isIdempotent: true },
  do_not_ignore: {
    ...DEFAULTS,
    title: 'Take back ignoring',
    inverse: 'ignore',
    isReversal: true,
    isIdempotent: true,
  },
  add_to_alarm_whitelist: {
    ...ALARM_WHITELIST,
    title: 'Add to the alarm whitelist',
    inverse: 'remove_from_alarm_whitelist',
    hidesAlarms: true,
  },
  remove_from_alarm_whitelist: {
    ...ALARM_WHITELIST,
    title: 'Take off the alarm whitelist',
    inverse: 'add_to_alarm_whitelist',
    isReversal: true,
  },
  add_to_login_whitelist: {
    ...LOGIN_WHITELIST,
    title: 'Add to the login whitelist',
    inverse: 'remove_from_login_whitelist',
    hidesAlarms: true,
  },
  remove_from_login_whitelist: {
    ...LOGIN_WHITELIST,
    title: 'Take off the login whitelist',
    inverse: 'add_to_login_whitelist',
    isReversal: true,
  },
  isolate_and_kill: {
    ...ISOLATION,
    title: 'Kill the process and quarantine the file',
    inverse: 'do_not_isolate_or_kill',
    destructive: true,
  },
  do_not_isolate_or_kill: {
    ...ISOLATION,
    title: 'Take back isolation',
    inverse: 'isolate_and_kill',
    isReversal: true,
  },
} as const;

/**
 * Operations on the entries of upstream's lists (contract 2.5 to 2.9): a closed set; upstream has calls for them without
 * names, so the names are the gateway's.
 *
 * An entry of a whitelist and an isolated file are the result of an earlier operation, so removing the one and restoring the
 * other is a reversal. A block is upstream's own, and lifting it lets an attacker in: limited like any other operation.
 * Deleting is final.
 */
const LIST_OPERATIONS = {
  remove_alarm_whitelist_entries: {
    ...DEFAULTS,
    title: 'Remove entries of the alarm whitelist',
    isReversal: true,
  },
  remove_login_whitelist_entries: {
    ...DEFAULTS,
    title: 'Remove entries of the login whitelist',
    isReversal: true,
  },
  restore_isolated_files: {
    ...DEFAULTS,
    title: 'Put quarantined files back on their hosts',
    isReversal: true,
  },
  delete_isolated_files: { ...DEFAULTS, title: 'Delete quarantined files for good', destructive: true },
  unblock_addresses: { ...DEFAULTS, title: 'Let blocked addresses in again' },
} as const;

/**
 * Operations on whatever there is when upstream carries them out (contract 2.2.1, 2.5.2, 2.6.3): nobody looked at it before, and upstream
 * does not say what it was. Only a grant that names one allows it, and nothing takes it back.
 */
const FILTER_OPERATIONS = {
  handle_by_event_type: { ...DEFAULTS, title: 'Handle every alarm of an event type' },
  clear_alarm_whitelist: { ...DEFAULTS, title: 'Remove every entry of the alarm whitelist' },
  clear_login_whitelist: { ...DEFAULTS, title: 'Remove every entry of the login whitelist' },
} as const;

export type OperationType = keyof typeof ALARM_OPERATIONS;
export type ListOperation = keyof typeof LIST_OPERATIONS;
export type FilterOperation = keyof typeof FILTER_OPERATIONS;
/** Everything that a receipt can be of. */
export type OperationName = OperationType | ListOperation | FilterOperation;

/** One entry per operation. */
export const OPERATIONS: Readonly<
  Record<OperationType, OperationTypeFacts> & Record<ListOperation | FilterOperation, OperationFacts>
> = Object.freeze({ ...ALARM_OPERATIONS, ...LIST_OPERATIONS, ...FILTER_OPERATIONS });

export const OPERATION_TYPE_NAMES = namesOf(ALARM_OPERATIONS);
export const LIST_OPERATION_NAMES = namesOf(LIST_OPERATIONS);
export const FILTER_OPERATION_NAMES = namesOf(FILTER_OPERATIONS);
export const OPERATION_NAMES = namesOf(OPERATIONS);

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table) as Name[];
}

export function isOperationType(value: unknown): value is OperationType {
  return typeof value === 'string' && Object.hasOwn(ALARM_OPERATIONS, value);
}

export function isListOperation(value: unknown): value is ListOperation {
  return typeof value === 'string' && Object.hasOwn(LIST_OPERATIONS, value);
}

export function isFilterOperation(value: unknown): value is FilterOperation {
  return typeof value === 'string' && Object.hasOwn(FILTER_OPERATIONS, value);
}

import type { DetailFieldName } from './detail-fields.js';

/** What is known of one operation type. */
export interface OperationTypeFacts {
  /** What it does, in a few words. */
  readonly title: string;
  /** The operation type that takes it back. */
  readonly inverse: OperationType;
  /** Fields that every detail object must carry; when there are any, an alarm must have at least one detail. */
  readonly requiredDetails: readonly DetailFieldName[];
  /** Changes something on a host, not only the alarm's bookkeeping. */
  readonly destructive: boolean;
  /** Keeps alarms to come from being seen, on any number of hosts: limited like what changes a host. */
  readonly hidesAlarms: boolean;
  /** Takes something back; such operations are never kept waiting by others. */
  readonly isReversal: boolean;
  /** Only sets the alarm's state, so that sending it twice does no more than sending it once. */
  readonly isIdempotent: boolean;
}

const NOTHING: readonly DetailFieldName[] = [];
const ALARM_WHITELIST: readonly DetailFieldName[] = ['keyword', 'hash'];
const LOGIN_WHITELIST: readonly DetailFieldName[] = ['loginIp', 'privateIp', 'loginUserName'];
const ISOLATION: readonly DetailFieldName[] = ['agentId', 'fileHash', 'filePath', 'processPid'];

export const OPERATION_TYPE_NAMES = [
  'mark_as_handled',
  'unhandle',
  'ignore',
  'do_not_ignore',
  'add_to_alarm_whitelist',
  'remove_from_alarm_whitelist',
  'add_to_login_whitelist',
  'remove_from_login_whitelist',
  'isolate_and_kill',
  'do_not_isolate_or_kill',
] as const;

/** One of upstream's ten `operate_type` values (contract 1.6): a closed set, spelled as upstream spells it. */
export type OperationType = (typeof OPERATION_TYPE_NAMES)[number];

function facts(
  title: string,
  inverse: OperationType,
  requiredDetails: readonly DetailFieldName[],
  more: Partial<Pick<OperationTypeFacts, 'destructive' | 'hidesAlarms' | 'isReversal' | 'isIdempotent'>> = {},
): OperationTypeFacts {
  return Object.freeze({
    title,
    inverse,
    requiredDetails,
    destructive: false,
    hidesAlarms: false,
    isReversal: false,
    isIdempotent: false,
    ...more,
  });
}

/** The table of contract 1.6: inverse pairs and conditional fields. */
export const OPERATION_TYPES: Readonly<Record<OperationType, OperationTypeFacts>> = Object.freeze({
  mark_as_handled: facts('Mark as handled by hand', 'unhandle', NOTHING, { isIdempotent: true }),
  unhandle: facts('Take back handling by hand', 'mark_as_handled', NOTHING, {
    isIdempotent: true,
    isReversal: true,
  }),
  ignore: facts('Ignore', 'do_not_ignore', NOTHING, { isIdempotent: true }),
  do_not_ignore: facts('Take back ignoring', 'ignore', NOTHING, { isIdempotent: true, isReversal: true }),
  add_to_alarm_whitelist: facts(
    'Add to the alarm whitelist',
    'remove_from_alarm_whitelist',
    ALARM_WHITELIST,
    {
      hidesAlarms: true,
    },
  ),
  remove_from_alarm_whitelist: facts(
    'Take off the alarm whitelist',
    'add_to_alarm_whitelist',
    ALARM_WHITELIST,
    { isReversal: true },
  ),
  add_to_login_whitelist: facts(
    'Add to the login whitelist',
    'remove_from_login_whitelist',
    LOGIN_WHITELIST,
    {
      hidesAlarms: true,
    },
  ),
  remove_from_login_whitelist: facts(
    'Take off the login whitelist',
    'add_to_login_whitelist',
    LOGIN_WHITELIST,
    { isReversal: true },
  ),
  isolate_and_kill: facts('Kill the process and quarantine the file', 'do_not_isolate_or_kill', ISOLATION, {
    destructive: true,
  }),
  do_not_isolate_or_kill: facts('Take back isolation', 'isolate_and_kill', ISOLATION, { isReversal: true }),
});

export function isOperationType(value: unknown): value is OperationType {
  return typeof value === 'string' && Object.hasOwn(OPERATION_TYPES, value);
}

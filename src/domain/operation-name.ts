import { OPERATION_TYPE_NAMES, OPERATION_TYPES, type OperationType } from './operation-type.js';

/**
 * Operations on what stands in upstream's lists instead of on alarms (contract 2.5 to 2.9). Upstream has calls for them and no
 * names, so these are ours; a closed set too.
 */
export const LIST_OPERATION_NAMES = [
  'remove_alarm_whitelist_entries',
  'remove_login_whitelist_entries',
  'restore_isolated_files',
  'delete_isolated_files',
  'unblock_addresses',
] as const;

export type ListOperation = (typeof LIST_OPERATION_NAMES)[number];

/** Everything that a receipt can be of. */
export type OperationName = OperationType | ListOperation;

export const OPERATION_NAMES: readonly OperationName[] = [...OPERATION_TYPE_NAMES, ...LIST_OPERATION_NAMES];

/** What decides how an operation is limited, sent and taken back; the meanings are those of an operation type's facts. */
export interface OperationFacts {
  readonly title: string;
  /** Absent: upstream has nothing that would take it back. */
  readonly inverse?: OperationName;
  readonly destructive: boolean;
  readonly hidesAlarms: boolean;
  readonly isReversal: boolean;
  readonly isIdempotent: boolean;
}

function facts(title: string, more: Partial<OperationFacts> = {}): OperationFacts {
  return Object.freeze({
    title,
    destructive: false,
    hidesAlarms: false,
    isReversal: false,
    isIdempotent: false,
    ...more,
  });
}

/**
 * A whitelist entry and an isolated file are there because somebody had them put there, so removing the one and restoring the
 * other is taking back. A block is upstream's own doing, and lifting it lets an attacker in: an act like any other, and
 * limited like one. What is deleted is gone.
 */
const LIST_OPERATIONS: Readonly<Record<ListOperation, OperationFacts>> = {
  remove_alarm_whitelist_entries: facts('Remove entries of the alarm whitelist', { isReversal: true }),
  remove_login_whitelist_entries: facts('Remove entries of the login whitelist', { isReversal: true }),
  restore_isolated_files: facts('Put quarantined files back on their hosts', { isReversal: true }),
  delete_isolated_files: facts('Delete quarantined files for good', { destructive: true }),
  unblock_addresses: facts('Let blocked addresses in again'),
};

export const OPERATIONS: Readonly<Record<OperationName, OperationFacts>> = Object.freeze({
  ...OPERATION_TYPES,
  ...LIST_OPERATIONS,
});

export function isOperationName(value: unknown): value is OperationName {
  return typeof value === 'string' && Object.hasOwn(OPERATIONS, value);
}

export function isListOperation(value: unknown): value is ListOperation {
  return typeof value === 'string' && Object.hasOwn(LIST_OPERATIONS, value);
}

import type { WireDetail, WireEvent } from './wire.js';
import { isObject, type ListedRow } from './listing.js';

/** Upstream finds an alarm by its class, its type and its time besides its id (contract 2.1). */
const COORDINATES = ['event_class_id', 'event_type', 'occur_time'] as const;

/** What a detail says of a process, a file or a login, and the listing says too (contract 2.1); containers are the event's. */
const DETAILS = [
  'agent_id',
  'process_pid',
  'file_hash',
  'file_path',
  'hash',
  'private_ip',
  'login_ip',
  'login_user_name',
] as const satisfies readonly (keyof WireDetail)[];

/**
 * The fields of an alarm that a call and upstream's listing give different values for. Only a value is compared with a value: what
 * upstream leaves out, or lists in another form than is documented, says nothing.
 */
export function mismatchOf(found: ListedRow, event: WireEvent): string[] {
  const coordinates = COORDINATES.filter((name) => differs(found[name], event[name]));
  return [...coordinates, ...detailMismatch(found['operate_detail_list'], event.operate_detail_list)];
}

/** Whether upstream lists the alarm under all the coordinates that the call names; undefined where it does not say. */
export function isSameAlarm(found: ListedRow, event: WireEvent): boolean | undefined {
  if (COORDINATES.some((name) => differs(found[name], event[name]))) return false;
  return COORDINATES.every((name) => isValue(found[name], event[name])) ? true : undefined;
}

/** A detail of the call fits when one that is listed says nothing else anywhere. */
function detailMismatch(listed: unknown, details: readonly WireDetail[] = []): string[] {
  const rows = Array.isArray(listed) ? listed.filter(isObject) : [];
  if (rows.length === 0) return [];
  const names = details.flatMap((detail) => {
    const differences = rows.map((row) => DETAILS.filter((name) => differs(row[name], detail[name])));
    return differences.sort((one, other) => one.length - other.length)[0] ?? [];
  });
  return [...new Set(names)];
}

function differs(listed: unknown, said: unknown): boolean {
  return said !== undefined && isValue(listed, said) && !isEqual(listed, said);
}

/** Whether upstream gives a value of the kind that is documented: a number for a number, a text that is not empty for a text. */
function isValue(listed: unknown, said: unknown): boolean {
  return typeof said === 'string' ? typeof listed === 'string' && listed !== '' : isWhole(listed);
}

function isEqual(listed: unknown, said: unknown): boolean {
  if (isWhole(listed) && isWhole(said)) return BigInt(listed) === BigInt(said);
  return listed === said || (isHex(listed) && isHex(said) && listed.toLowerCase() === said.toLowerCase());
}

/** Ids of agents, and hashes of files: whether their letters are written small or large says nothing. */
function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{32,}$/i.test(value);
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

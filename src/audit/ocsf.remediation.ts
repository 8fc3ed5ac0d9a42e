import type { WireDetail } from '../domain/detail-fields.js';
import type { OperationName } from '../domain/operation-type.js';
import type { IntentRecord, ItemRecord } from './audit-record.js';
import {
  actorOf,
  classified,
  CLASSES,
  hostMembers,
  namedTargets,
  REMEDIATION_ACTIVITIES,
  type Members,
} from './ocsf.classes.js';

/** What is done to processes and files, in the framework's words. */
const REMEDIES: Readonly<Partial<Record<OperationName, keyof typeof REMEDIATION_ACTIVITIES>>> = {
  isolate_and_kill: 'Evict',
  do_not_isolate_or_kill: 'Restore',
  restore_isolated_files: 'Restore',
  delete_isolated_files: 'Evict',
};

/** What identifies the one process or file of an operation. */
interface Subject {
  readonly pid?: unknown;
  readonly path?: unknown;
  readonly hash?: unknown;
  readonly hostId?: unknown;
}

/**
 * The event of a result of an operation that acts on processes or files; undefined of another. Of one process, or of one file, it says
 * which; of several, which alarms or items they are of.
 *
 * @param requests the bodies that the operation was to send
 */
export function remediationOf(intent: IntentRecord, requests: readonly string[]): Members | undefined {
  const activity = REMEDIES[intent.operation];
  if (!activity) return undefined;
  const targets = namedTargets(intent);
  const subject = subjectOf(intent, requests);
  const [{ seen = {} } = {}] = targets.length === 1 ? targets : [];
  const device = {
    ...textNamed('uid', subject.hostId ?? seen.host?.id),
    ...textNamed('name', seen.host?.name),
    ...hostMembers(seen),
  };
  return {
    ...actedOn(subject, intent.operation === 'isolate_and_kill', REMEDIATION_ACTIVITIES[activity], activity),
    command_uid: intent.operationId,
    actor: actorOf(intent.caller, intent.onBehalfOf),
    observables: targets.map(({ id, type }) => ({ name: type.toLowerCase(), type_id: 99, type, value: id })),
    ...(Object.keys(device).length > 0 && { device: { type_id: 0, type: 'Unknown', ...device } }),
  };
}

function textNamed(name: string, value: unknown): Members {
  return typeof value === 'string' ? { [name]: value } : {};
}

function actedOn({ pid, path, hash }: Subject, kills: boolean, id: number, activity: string): Members {
  const file = typeof path === 'string' && path !== '' ? fileOf(path, hash) : undefined;
  if (kills && Number.isSafeInteger(pid))
    return {
      ...classified(CLASSES.processRemediation, id, activity),
      process: { pid, ...(file && { file }) },
    };
  if (file) return { ...classified(CLASSES.fileRemediation, id, activity), file };
  return classified(CLASSES.remediation, id, activity);
}

function subjectOf({ alarms, items }: IntentRecord, [request]: readonly string[]): Subject {
  if (items) return items.length === 1 && items[0] ? ofItem(items[0]) : {};
  const details = alarms.length === 1 && request !== undefined ? detailsIn(request) : [];
  const [detail] = details;
  if (details.length !== 1 || !detail) return {};
  return { pid: detail.process_pid, path: detail.file_path, hash: detail.file_hash };
}

function ofItem({ target }: ItemRecord): Subject {
  return { path: target['filePath'], hash: target['fileHash'], hostId: target['hostId'] };
}

function detailsIn(request: string): readonly WireDetail[] {
  const { operate_event_list: events = [] } = JSON.parse(request) as {
    readonly operate_event_list?: readonly { readonly operate_detail_list?: readonly WireDetail[] }[];
  };
  return events.flatMap(({ operate_detail_list: details = [] }) => details);
}

/** Hashes by their length in hexadecimal digits. */
const ALGORITHMS: Readonly<Record<number, readonly [id: number, name: string]>> = {
  32: [1, 'MD5'],
  40: [2, 'SHA-1'],
  64: [3, 'SHA-256'],
};

function fileOf(path: string, hash: unknown): Members {
  const [algorithm_id, algorithm] = ALGORITHMS[String(hash).length] ?? [0, 'Unknown'];
  return {
    name: path.split(/[\\/]/).at(-1) || path,
    path,
    ...{ type_id: 1, type: 'Regular File' },
    ...(typeof hash === 'string' && { hashes: [{ algorithm_id, algorithm, value: hash }] }),
  };
}

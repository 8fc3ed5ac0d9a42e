import { pointer } from '../../../http/validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../../../problems/violation.js';
import { Problem } from '../../../problems/problem.js';
import type {
  OperationCommand,
  CommandAlarmDetail,
  CommandItem,
  CommandWhitelistRule,
} from '../../operation-command.js';
import { placesOf, somewhere } from './file-path.js';
import { loginRangeFault, ONE } from './login-range.js';
import { isNamed, isRoot, touches } from './place.js';
import { foldedId, type GuardRails, type RailName } from './rails.js';
import { whitelistEntryFault, whitelistRuleFault } from './whitelist-rule.js';

/** 0 stands for no process, 1 is init and 2 the kernel's threads. */
const LAST_SYSTEM_PID = 2;

/** Of an alarm, or of an item. */
type Detail = CommandAlarmDetail & Pick<CommandItem, 'hostId'>;

interface Finding {
  readonly rail: RailName;
  readonly field: keyof Detail | keyof CommandWhitelistRule;
  readonly words: string;
}

/** What the rails look at of an order. */
type Judged = Pick<OperationCommand, 'operation' | 'alarms'> & Partial<OperationCommand>;

/** Everything in an order that the rails do not let through, up to `MAX_VIOLATIONS`; nothing where they let it through. */
export function guardRailViolations(order: Judged, rails: GuardRails): Violation[] {
  const violations: Violation[] = [];
  for (const { place, finding } of findingsIn(order, rails)) {
    const { rail, field, words } = finding;
    if (!rails.has(rail)) continue;
    if (violations.length === MAX_VIOLATIONS) return violations;
    const message = `${field} ${words} (guard rail ${rail}, version ${rails.version})`;
    violations.push({ pointer: place, rule: rail, message });
  }
  return violations;
}

/** @throws Problem 403 naming every rail that an order would cross */
export function enforceGuardRails(order: Judged, rails: GuardRails): void {
  const violations = guardRailViolations(order, rails);
  if (violations.length > 0) throw new Problem(403, 'guard_rail', rails.verdict, { violations });
}

function* findingsIn(order: Judged, rails: GuardRails): Generator<{ place: string; finding: Finding }> {
  const look = LOOKS[order.operation];
  if (look) {
    for (const { placeOf, detail } of detailsOf(order)) {
      for (const finding of look(detail, rails)) yield { place: placeOf(finding.field), finding };
    }
  }
  for (const [index, rule] of (order.whitelistRules ?? []).entries()) {
    const words = whitelistRuleFault(rule, rails);
    const finding = { rail: 'whitelist_rule', field: 'fieldValue' } as const;
    if (words !== undefined) {
      yield { place: pointer('whitelistRules', index, 'fieldValue'), finding: { ...finding, words } };
    }
  }
}

/** Whatever an order decides by, and where a field of it stands in the request. */
function* detailsOf({ alarms, items = [], byId }: Judged): Generator<{
  placeOf: (field: string) => string;
  detail: Detail;
}> {
  for (const [index, { details = [] }] of alarms.entries()) {
    for (const [place, detail] of details.entries()) {
      // What was named by its id has no details in the request.
      const placeOf = (field: string) =>
        byId ? pointer('alarmIds', index) : pointer('alarms', index, 'details', place, field);
      yield { placeOf, detail };
    }
  }
  for (const [index, detail] of items.entries()) {
    yield { placeOf: (field) => pointer('items', index, field), detail };
  }
}

const LOOKS: Readonly<Record<string, (detail: Detail, rails: GuardRails) => Generator<Finding>>> = {
  isolate_and_kill: isolation,
  // A file of the system that was isolated by mistake is to be put back: what is deleted is gone.
  delete_isolated_files: isolation,
  add_to_login_whitelist: loginWhitelist,
  add_to_alarm_whitelist: alarmWhitelist,
};

function* alarmWhitelist({ keyword, hash }: Detail): Generator<Finding> {
  for (const [field, value] of [
    ['keyword', keyword],
    ['hash', hash],
  ] as const) {
    const words = value === undefined ? undefined : whitelistEntryFault(value);
    if (words !== undefined) yield { rail: 'whitelist_rule', field, words };
  }
}

function* isolation(detail: Detail, rails: GuardRails): Generator<Finding> {
  const { agentId, hostId, processPid, fileHash, filePath } = detail;
  if (processPid !== undefined && processPid <= LAST_SYSTEM_PID) {
    yield { rail: 'system_pid', field: 'processPid', words: 'is the system itself' };
  }
  if (filePath !== undefined) yield* file(filePath, rails);
  if (fileHash !== undefined && rails.hashes.has(foldedId(fileHash))) {
    yield { rail: 'protected_hash', field: 'fileHash', words: 'is that of a protected file' };
  }
  for (const [field, id] of [
    ['agentId', agentId],
    ['hostId', hostId],
  ] as const) {
    if (id === undefined || !rails.hosts.has(foldedId(id))) continue;
    yield { rail: 'protected_host', field, words: 'is that of a protected host' };
  }
}

function* file(path: string, rails: GuardRails): Generator<Finding> {
  const places = placesOf(path);
  const names = places ?? [somewhere(path)];
  if (names.some((place) => rails.processes.some((pattern) => isNamed(place, pattern)))) {
    yield { rail: 'system_process', field: 'filePath', words: 'has the name of a system process' };
  }
  if (!places) {
    const words = 'is not an absolute path that can be understood, so it may name a protected place';
    yield { rail: 'protected_path', field: 'filePath', words };
  } else if (places.some((place) => isRoot(place) || rails.paths.some((other) => touches(place, other)))) {
    yield { rail: 'protected_path', field: 'filePath', words: 'is in a protected place, or holds one' };
  }
}

function* loginWhitelist({ loginIp, privateIp }: Detail, rails: GuardRails): Generator<Finding> {
  const from = loginIp === undefined ? undefined : loginRangeFault(loginIp, rails.widestLogin);
  if (from !== undefined) yield { rail: 'login_range', field: 'loginIp', words: from };
  // Which host it is for: a range would be any number of them.
  const to = privateIp === undefined ? undefined : loginRangeFault(privateIp, ONE);
  if (to !== undefined) yield { rail: 'login_range', field: 'privateIp', words: to };
}

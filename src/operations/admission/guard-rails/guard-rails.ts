import { refuse } from '../../../problems/catalogue.js';
import { MAX_VIOLATIONS, type CommandField, type Violation } from '../../../problems/violation.js';
import type {
  CommandAlarmDetail,
  CommandItem,
  CommandWhitelistRule,
  OperationCommand,
} from '../../operation-command.js';
import { loginRangeFault, ONE } from './login-range.js';
import { isNamed, isRoot, placesOf, somewhere, touches } from './paths.js';
import { foldedId, type GuardRails, type RailName } from './rails.js';
import { whitelistEntryFault, whitelistRuleFault } from './whitelist-rule.js';

/** 0 stands for no process, 1 is init and 2 the kernel's threads. */
const LAST_SYSTEM_PID = 2;

/** Of an alarm, or of an item. */
type Detail = CommandAlarmDetail & Pick<CommandItem, 'hostId'>;

/** What a guard rail finds in a detail or a rule. */
interface Finding {
  readonly rail: RailName;
  readonly field: keyof Detail | keyof CommandWhitelistRule;
  /** Continues the name of the field. */
  readonly message: string;
}

/** What the guard rails check of a command. */
type Checked = Pick<OperationCommand, 'operation' | 'alarms'> & Partial<OperationCommand>;

/** Everything in a command that the guard rails do not allow, up to `MAX_VIOLATIONS`; nothing where they allow it. */
export function guardRailViolations(command: Checked, rails: GuardRails): Violation[] {
  const violations: Violation[] = [];
  for (const { subject, finding } of findingsIn(command, rails)) {
    const { rail, field, message } = finding;
    if (!rails.has(rail)) continue;
    if (violations.length === MAX_VIOLATIONS) return violations;
    violations.push({
      subject: { ...subject, field },
      rule: rail,
      message: `${field} ${message} (guard rail ${rail}, version ${rails.version})`,
    });
  }
  return violations;
}

/** @throws Problem 403 with every violation of a guard rail by a command */
export function enforceGuardRails(command: Checked, rails: GuardRails): void {
  const violations = guardRailViolations(command, rails);
  if (violations.length > 0) throw refuse('guard_rail', { version: rails.version }, { violations });
}

interface FindingAt {
  readonly subject: CommandField;
  readonly finding: Finding;
}

function* findingsIn(command: Checked, rails: GuardRails): Generator<FindingAt> {
  const check = CHECKS[command.operation];
  if (check) {
    for (const { subject, detail } of detailsOf(command)) {
      for (const finding of check(detail, rails)) yield { subject, finding };
    }
  }
  for (const [index, rule] of (command.whitelistRules ?? []).entries()) {
    const message = whitelistRuleFault(rule, rails);
    if (message === undefined) continue;
    const finding = { rail: 'whitelist_rule', field: 'fieldValue', message } as const;
    yield { subject: { list: 'whitelistRules', index }, finding };
  }
}

/** Everything that a command is decided by, and where in the command it is. */
function* detailsOf({ alarms, items = [], byId }: Checked): Generator<{
  readonly subject: CommandField;
  readonly detail: Detail;
}> {
  const list = byId ? 'alarmIds' : 'alarms';
  for (const [index, { details = [] }] of alarms.entries()) {
    for (const [place, detail] of details.entries())
      yield { subject: { list, index, detail: place }, detail };
  }
  for (const [index, detail] of items.entries()) yield { subject: { list: 'items', index }, detail };
}

const CHECKS: Readonly<Record<string, (detail: Detail, rails: GuardRails) => Generator<Finding>>> = {
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
    const message = value === undefined ? undefined : whitelistEntryFault(value);
    if (message !== undefined) yield { rail: 'whitelist_rule', field, message };
  }
}

function* isolation(detail: Detail, rails: GuardRails): Generator<Finding> {
  const { agentId, hostId, processPid, fileHash, filePath } = detail;
  if (processPid !== undefined && processPid <= LAST_SYSTEM_PID) {
    yield { rail: 'system_pid', field: 'processPid', message: 'is the system itself' };
  }
  if (filePath !== undefined) yield* file(filePath, rails);
  if (fileHash !== undefined && rails.hashes.has(foldedId(fileHash))) {
    yield { rail: 'protected_hash', field: 'fileHash', message: 'is that of a protected file' };
  }
  for (const [field, id] of [
    ['agentId', agentId],
    ['hostId', hostId],
  ] as const) {
    if (id === undefined || !rails.hosts.has(foldedId(id))) continue;
    yield { rail: 'protected_host', field, message: 'is that of a protected host' };
  }
}

function* file(path: string, rails: GuardRails): Generator<Finding> {
  const places = placesOf(path);
  const names = places ?? [somewhere(path)];
  if (names.some((place) => rails.processes.some((pattern) => isNamed(place, pattern)))) {
    yield { rail: 'system_process', field: 'filePath', message: 'has the name of a system process' };
  }
  if (!places) {
    const message = 'is not an absolute path that can be understood, so it may name a protected place';
    yield { rail: 'protected_path', field: 'filePath', message };
  } else if (places.some((place) => isRoot(place) || rails.paths.some((other) => touches(place, other)))) {
    yield { rail: 'protected_path', field: 'filePath', message: 'is in a protected place, or holds one' };
  }
}

function* loginWhitelist({ loginIp, privateIp }: Detail, rails: GuardRails): Generator<Finding> {
  const from = loginIp === undefined ? undefined : loginRangeFault(loginIp, rails.widestLogin);
  if (from !== undefined) yield { rail: 'login_range', field: 'loginIp', message: from };
  // Which host it is for: a range would be any number of them.
  const to = privateIp === undefined ? undefined : loginRangeFault(privateIp, ONE);
  if (to !== undefined) yield { rail: 'login_range', field: 'privateIp', message: to };
}

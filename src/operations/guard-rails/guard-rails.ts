import { isAddressRange } from '../../domain/address-range.js';
import { MOST_VIOLATIONS, pointer, type Violation } from '../../http/validation/report.js';
import type { Order, OrderedDetail } from '../order.js';
import { foldedForms, isRoot, isWithin, nameOf } from './file-path.js';
import { loginRangeFault, ONE } from './login-range.js';
import type { GuardRails, RailName } from './rails.js';

/** 0 stands for no process, 1 is init and 2 the kernel's threads. */
const LAST_SYSTEM_PID = 2;

interface Finding {
  readonly rail: RailName;
  readonly field: keyof OrderedDetail;
  readonly words: string;
}

/** Everything in an order that the rails do not let through, up to `MOST_VIOLATIONS`; nothing where they let it through. */
export function guardRailViolations(order: Order, rails: GuardRails): Violation[] {
  const look = LOOKS[order.operation];
  if (!look) return [];
  const violations: Violation[] = [];
  for (const { placeOf, detail } of detailsOf(order)) {
    for (const { rail, field, words } of look(detail, rails)) {
      if (!rails.has(rail)) continue;
      if (violations.length === MOST_VIOLATIONS) return violations;
      violations.push({
        pointer: placeOf(field),
        rule: rail,
        message: `${field} ${words} (guard rail ${rail}, version ${rails.version})`,
      });
    }
  }
  return violations;
}

/** Whatever an order decides by, and where a field of it stands in the request. */
function* detailsOf({ alarms, items = [], byId }: Order): Generator<{
  placeOf: (field: string) => string;
  detail: OrderedDetail;
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

const LOOKS: Readonly<Record<string, (detail: OrderedDetail, rails: GuardRails) => Generator<Finding>>> = {
  isolate_and_kill: isolation,
  // A file of the system that was isolated by mistake is to be put back: what is deleted is gone.
  delete_isolated_files: isolation,
  add_to_login_whitelist: loginWhitelist,
};

function* isolation(detail: OrderedDetail, rails: GuardRails): Generator<Finding> {
  const { agentId, processPid, fileHash, filePath } = detail;
  if (processPid !== undefined && processPid <= LAST_SYSTEM_PID) {
    yield { rail: 'system_pid', field: 'processPid', words: 'is the system itself' };
  }
  if (filePath !== undefined) yield* file(foldedForms(filePath), rails);
  if (fileHash !== undefined && rails.hashes.has(fileHash.toLowerCase())) {
    yield { rail: 'protected_hash', field: 'fileHash', words: 'is that of a protected file' };
  }
  if (agentId !== undefined && rails.hosts.has(agentId)) {
    yield { rail: 'protected_host', field: 'agentId', words: 'is that of a protected host' };
  }
}

function* file(forms: readonly string[], rails: GuardRails): Generator<Finding> {
  if (forms.some((folded) => rails.processes.some((pattern) => pattern.test(nameOf(folded))))) {
    yield { rail: 'system_process', field: 'filePath', words: 'has the name of a system process' };
  }
  const isProtected = (folded: string) => rails.paths.some((folder) => isWithin(folded, folder));
  if (forms.some((folded) => isRoot(folded) || isProtected(folded))) {
    yield { rail: 'protected_path', field: 'filePath', words: 'is in a protected place' };
  }
}

function* loginWhitelist({ loginIp, privateIp }: OrderedDetail, rails: GuardRails): Generator<Finding> {
  const from = loginIp === undefined ? undefined : loginRangeFault(loginIp, rails.widestLogin);
  if (from !== undefined) yield { rail: 'login_range', field: 'loginIp', words: from };
  // Which host it is for: a range would be any number of them.
  const to = privateIp !== undefined && isAddressRange(privateIp.trim()) && loginRangeFault(privateIp, ONE);
  if (to) yield { rail: 'login_range', field: 'privateIp', words: to };
}

import { nearest } from '../../domain/nearest.js';
import { isOperationType, OPERATION_TYPE_NAMES } from '../../domain/operation-type.js';
import { isPlainObject } from '../../http/validation/fields.js';
import { report } from '../../http/validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../../problems/violation.js';
import { referenceViolations } from './alarm-references.js';
import { expirationViolations } from './expiry-rules.js';
import type { OperationRequestDto } from './operation-request.dto.js';
import { requestTypeOf } from './operation-request.types.js';

/** Words that other documents, consoles and people use for an operation type; none of them is one. */
const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  handle: 'mark_as_handled',
  handled: 'mark_as_handled',
  mark_handled: 'mark_as_handled',
  mark_as_unhandled: 'unhandle',
  unhandled: 'unhandle',
  unmark_as_handled: 'unhandle',
  ignored: 'ignore',
  unignore: 'do_not_ignore',
  cancel_ignore: 'do_not_ignore',
  whitelist: 'add_to_alarm_whitelist',
  add_to_whitelist: 'add_to_alarm_whitelist',
  add_alarm_whitelist: 'add_to_alarm_whitelist',
  remove_from_whitelist: 'remove_from_alarm_whitelist',
  remove_alarm_whitelist: 'remove_from_alarm_whitelist',
  add_login_whitelist: 'add_to_login_whitelist',
  remove_login_whitelist: 'remove_from_login_whitelist',
  isolate: 'isolate_and_kill',
  kill: 'isolate_and_kill',
  isolate_and_kill_process: 'isolate_and_kill',
  quarantine: 'isolate_and_kill',
  unisolate: 'do_not_isolate_or_kill',
  cancel_isolate: 'do_not_isolate_or_kill',
  restore: 'do_not_isolate_or_kill',
  do_not_isolate_and_kill: 'do_not_isolate_or_kill',
};

/** Rules that no single field can tell. Each looks at whatever is there, so that it works on invalid bodies too. */
const RULES: readonly ((body: Loose, most: number) => Violation[])[] = [
  knownOperation,
  namedOnce,
  fewEnough,
  ({ alarmIds }, most) => referenceViolations(firstOf(alarmIds, most)),
  distinct,
  rulesOnlyWhereTheyApply,
  (body) => expirationViolations(body),
];

/** A body of which nothing is known yet. */
type Loose = Partial<Record<keyof OperationRequestDto | 'whitelistRules' | 'expiresAt', unknown>>;

/** Whether the rules that go beyond the fields hold; the fields themselves are valid. */
export function obeysRules(request: OperationRequestDto, mostAlarms: number): boolean {
  return RULES.every((rule) => rule(request, mostAlarms).length === 0);
}

/** What is wrong with a request body: everything, up to `MAX_VIOLATIONS`. */
export function violationsOf(body: unknown, mostAlarms: number): Violation[] {
  const ofRules = isPlainObject(body) ? RULES.flatMap((rule) => rule(body, mostAlarms)) : [];
  const pointed = new Set(ofRules.map(({ pointer }) => pointer));
  const ofFields = report(requestTypeOf(body), body).filter(({ pointer }) => !pointed.has(pointer));
  return [...ofRules, ...ofFields].slice(0, MAX_VIOLATIONS);
}

function knownOperation({ operation }: Loose): Violation[] {
  if (operation === undefined || isOperationType(operation)) return [];
  const word = typeof operation === 'string' ? operation.slice(0, 64).toLowerCase() : undefined;
  const meant =
    word === undefined
      ? undefined
      : ((Object.hasOwn(OTHER_SPELLINGS, word) ? OTHER_SPELLINGS[word] : undefined) ??
        nearest(word, OPERATION_TYPE_NAMES));
  return [
    {
      pointer: '/operation',
      rule: 'one_of',
      message: `operation must be one of the ten operation types${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      allowed: OPERATION_TYPE_NAMES,
    },
  ];
}

/** In full or by their ids. */
function namedOnce({ alarms, alarmIds }: Loose): Violation[] {
  if (alarms === undefined && alarmIds === undefined) {
    return [
      { pointer: '/alarms', rule: 'required', message: 'alarms is required, or alarmIds in its place' },
    ];
  }
  if (alarms === undefined || alarmIds === undefined) return [];
  const message = 'alarmIds stands in the place of alarms: give one of them';
  return [{ pointer: '/alarmIds', rule: 'excludes', message }];
}

const LISTS = ['alarms', 'alarmIds'] as const;

function fewEnough(body: Loose, most: number): Violation[] {
  return LISTS.flatMap((name) => {
    const list = body[name];
    if (!Array.isArray(list) || list.length <= most) return [];
    const message = `${name} has ${list.length} entries; send at most ${most} in one request`;
    return [{ pointer: `/${name}`, rule: 'too_many', message, allowed: `1 to ${most}` }];
  });
}

/** The rest of a list that is too long is not worth a look. */
function firstOf(list: unknown, most: number): unknown {
  return Array.isArray(list) ? list.slice(0, most) : list;
}

function distinct(body: Loose, most: number): Violation[] {
  return LISTS.flatMap((name) => distinctIn(name, firstOf(body[name], most)));
}

function distinctIn(name: (typeof LISTS)[number], alarms: unknown): Violation[] {
  if (!Array.isArray(alarms)) return [];
  const first = new Map<string, number>();
  const violations: Violation[] = [];
  for (let index = 0; index < alarms.length; index += 1) {
    const entry: unknown = alarms[index];
    const isId = name === 'alarmIds' && typeof entry === 'string';
    const eventId = isId ? entry : (entry as { eventId?: unknown } | null)?.eventId;
    if (typeof eventId !== 'string') continue;
    const earlier = first.get(eventId);
    if (earlier === undefined) first.set(eventId, index);
    else {
      violations.push({
        pointer: `/${name}/${index}${isId ? '' : '/eventId'}`,
        rule: 'distinct',
        message: `eventId is that of /${name}/${earlier} again; name each alarm once`,
      });
      if (violations.length === MAX_VIOLATIONS) break;
    }
  }
  return violations;
}

function rulesOnlyWhereTheyApply({ operation, whitelistRules }: Loose): Violation[] {
  if (whitelistRules === undefined || operation === 'add_to_alarm_whitelist') return [];
  return [
    {
      pointer: '/whitelistRules',
      rule: 'only_for',
      message: 'whitelistRules is only for operation add_to_alarm_whitelist',
      allowed: ['add_to_alarm_whitelist'],
    },
  ];
}

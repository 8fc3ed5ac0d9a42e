import { Inject, Injectable, type PipeTransform } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import { parseMoment } from '../../domain/times.js';
import { nearest } from '../../domain/nearest.js';
import { isOperationType, OPERATION_TYPE_NAMES } from '../../domain/operation-type.js';
import { compileCheck, type Check } from '../../validation/compiled-check.js';
import { isPlainObject, isText } from '../../validation/fields.js';
import { report } from '../../validation/report.js';
import { withScopeAsText } from '../../http/request-pipes.js';
import { refuse } from '../../problems/catalogue.js';
import { MAX_VIOLATIONS, type Violation } from '../../problems/violation.js';
import { AlarmReferenceDto, type OperationRequestDto } from './operation-request.dto.js';
import { OPERATION_REQUESTS, requestTypeOf, TIME_BOXED } from './operation-request.types.js';

/** Accepts a valid body as it is; for anything else, everything that is wrong with it is reported. */
@Injectable()
export class OperationRequestPipe implements PipeTransform<unknown, OperationRequestDto> {
  readonly #checks = new Map<unknown, Check>(
    OPERATION_TYPE_NAMES.map((operation) => [operation, compileCheck(OPERATION_REQUESTS[operation])]),
  );
  readonly #maxAlarms: number;

  constructor(@Inject(CONFIG) { limits }: Config) {
    this.#maxAlarms = limits.alarmsPerRequest;
  }

  transform(given: unknown): OperationRequestDto {
    const body = withScopeAsText(given);
    if (this.#isValid(body)) return body;
    throw refuse('invalid_request', violationsOf(body, this.#maxAlarms));
  }

  #isValid(body: unknown): body is OperationRequestDto {
    const check = this.#checks.get((body as { operation?: unknown } | null)?.operation);
    return (
      check !== undefined &&
      check(body) &&
      RULES.every((rule) => rule(body as object, this.#maxAlarms).length === 0)
    );
  }
}

const isReference = compileCheck(AlarmReferenceDto);
const MAX_EXPIRATION_MS = 366 * 86_400_000;

/** Names that other documents, consoles and people use for an operation type; none of them is one. */
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

/** Rules about more than one field. Each takes any body, so that it works on invalid ones too. */
const RULES: readonly ((body: Loose, max: number) => Violation[])[] = [
  knownOperation,
  namedOnce,
  fewEnough,
  ({ alarmIds }, max) => referenceViolations(firstOf(alarmIds, max)),
  distinct,
  rulesOnlyWhereTheyApply,
  (body) => expirationViolations(body),
];

/** A body of which nothing is known yet. */
type Loose = Partial<Record<keyof OperationRequestDto | 'whitelistRules' | 'expiresAt', unknown>>;

/** What is wrong with a request body: everything, up to `MAX_VIOLATIONS`. */
export function violationsOf(body: unknown, maxAlarms: number): Violation[] {
  const ofRules = isPlainObject(body) ? RULES.flatMap((rule) => rule(body, maxAlarms)) : [];
  const pointed = new Set(ofRules.map(({ pointer }) => pointer));
  const ofFields = report(requestTypeOf(body), body).filter(({ pointer }) => !pointed.has(pointer));
  return [...ofRules, ...ofFields].slice(0, MAX_VIOLATIONS);
}

function knownOperation({ operation }: Loose): Violation[] {
  if (operation === undefined || isOperationType(operation)) return [];
  const given = typeof operation === 'string' ? operation.slice(0, 64).toLowerCase() : undefined;
  const meant =
    given === undefined
      ? undefined
      : ((Object.hasOwn(OTHER_SPELLINGS, given) ? OTHER_SPELLINGS[given] : undefined) ??
        nearest(given, OPERATION_TYPE_NAMES));
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

function fewEnough(body: Loose, max: number): Violation[] {
  return LISTS.flatMap((name) => {
    const list = body[name];
    if (!Array.isArray(list) || list.length <= max) return [];
    const message = `${name} has ${list.length} entries; send at most ${max} in one request`;
    return [{ pointer: `/${name}`, rule: 'too_many', message, allowed: `1 to ${max}` }];
  });
}

/** The rest of a list that is too long is not checked. */
function firstOf(list: unknown, max: number): unknown {
  return Array.isArray(list) ? list.slice(0, max) : list;
}

function distinct(body: Loose, max: number): Violation[] {
  return LISTS.flatMap((name) => distinctIn(name, firstOf(body[name], max)));
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

/** What is wrong with the entries of a list of alarm ids; each is an id alone, or an object that holds it. */
function referenceViolations(alarmIds: unknown): Violation[] {
  if (!Array.isArray(alarmIds)) return [];
  const violations: Violation[] = [];
  for (const [index, entry] of alarmIds.entries()) {
    violations.push(...violationsOfOne(entry, index));
    if (violations.length >= MAX_VIOLATIONS) break;
  }
  return violations;
}

function violationsOfOne(entry: unknown, index: number): Violation[] {
  if (isPlainObject(entry)) {
    if (isReference(entry)) return [];
    return report(AlarmReferenceDto, entry).map((each) => ({
      ...each,
      pointer: `/alarmIds/${index}${each.pointer ?? ''}`,
    }));
  }
  if (isText(entry, 1, 64)) return [];
  const message =
    'must be an event id of 1 to 64 characters without control characters, or an object with eventId';
  return [{ pointer: `/alarmIds/${index}`, rule: 'text', message, allowed: '1 to 64 characters' }];
}

/** What is wrong with the time at which an act is to be undone. @param now epoch milliseconds */
export function expirationViolations(
  { operation, expiresAt, whitelistRules }: Loose,
  now = Date.now(),
): Violation[] {
  if (expiresAt === undefined) return [];
  const violations: Violation[] = [];
  const add = (rule: string, message: string, allowed?: string | readonly string[]) =>
    violations.push({ pointer: '/expiresAt', rule, message, ...(allowed !== undefined && { allowed }) });
  if (!(TIME_BOXED as readonly unknown[]).includes(operation)) {
    add('only_for', `expiresAt is only for operations ${TIME_BOXED.join(', ')}`, TIME_BOXED);
  }
  if (whitelistRules !== undefined) {
    add('excludes', 'expiresAt cannot be given with whitelistRules: rules of your own are not undone');
  }
  const time = parseMoment(expiresAt);
  if (time === undefined) return violations;
  if (time <= now) add('in_the_future', 'expiresAt must be in the future', 'a time to come');
  if (time > now + MAX_EXPIRATION_MS) {
    add('within_a_year', 'expiresAt must be at most a year ahead', 'at most a year ahead');
  }
  return violations;
}

import { isOperationType, OPERATION_TYPES } from '../domain/operation-type.js';
import { wireName } from './wire-names.js';
import { invalidRequest } from '../problems/problem.js';
import { compileCheck, declaredPartOf } from '../http/validation/compiled-check.js';
import { isPlainObject } from '../http/validation/fields.js';
import { pointer, report } from '../http/validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import { MAX_EVENTS, OperateBodyDto } from './operate-body.dto.js';
import { unsendable } from './unsendable.js';

const isDeclared = compileCheck(OperateBodyDto);
const declaredPart = declaredPartOf(OperateBodyDto);
const WHITELISTING = 'add_to_alarm_whitelist';

/**
 * The body of an operate call, as it came.
 *
 * Members that upstream's contract does not have change nothing about what is checked: they are left out of what is held
 * against the contract, not out of the report, which names a limited number of things and so decides nothing.
 *
 * @param passUnknown whether such members are let through
 * @throws Problem 400 with everything that is wrong
 */
export function operateBodyOf(body: unknown, passUnknown: boolean): OperateBodyDto {
  const known = passUnknown && !isDeclared(body) ? declaredPart(body) : body;
  const ofFields = isDeclared(known) ? [] : report(OperateBodyDto, known);
  const violations = [...ofFields, ...first(MAX_VIOLATIONS - ofFields.length, ofRules(body, passUnknown))];
  if (violations.length > 0) throw invalidRequest(violations);
  return body as OperateBodyDto;
}

/** What no single field can tell. */
function* ofRules(body: unknown, passUnknown: boolean): Generator<Violation> {
  if (!isPlainObject(body) || hasTooMany(body)) return;
  yield* lackingDetails(body);
  yield* repeatedEvents(body);
  yield* rulesOutOfPlace(body);
  if (passUnknown) yield* unsendable(body);
}

/** The list is refused whatever is in it, and there may be any number to look at. */
function hasTooMany({ operate_event_list: events }: Record<string, unknown>): boolean {
  return Array.isArray(events) && events.length > MAX_EVENTS;
}

function first(most: number, violations: Iterable<Violation>): Violation[] {
  const taken: Violation[] = [];
  if (most === 0) return taken;
  for (const violation of violations) {
    taken.push(violation);
    if (taken.length === most) break;
  }
  return taken;
}

function* eventsOf({ operate_event_list: events }: Record<string, unknown>): Generator<{
  readonly index: number;
  readonly event: Record<string, unknown>;
}> {
  if (!Array.isArray(events)) return;
  for (const [index, event] of (events as unknown[]).entries())
    if (isPlainObject(event)) yield { index, event };
}

/** The conditional rule: which members every detail must have depends on the operation type (contract 1.6). */
function* lackingDetails(body: Record<string, unknown>): Generator<Violation> {
  const operation = body['operate_type'];
  if (!isOperationType(operation)) return;
  const needed = OPERATION_TYPES[operation].requiredDetails.map(wireName);
  if (needed.length === 0) return;
  for (const { index, event } of eventsOf(body)) {
    const { operate_detail_list: list = [] } = event;
    if (!Array.isArray(list)) continue;
    const at = ['operate_event_list', index, 'operate_detail_list'] as const;
    if (list.length === 0) yield lacking(pointer(...at), 'operate_detail_list', operation);
    for (const [place, detail] of (list as unknown[]).entries()) {
      if (!isPlainObject(detail)) continue;
      for (const name of needed) {
        if (!Object.hasOwn(detail, name)) yield lacking(pointer(...at, place, name), name, operation);
      }
    }
  }
}

function lacking(place: string, name: string, operation: string): Violation {
  return { pointer: place, rule: 'required_for', message: `${name} is required for ${operation}` };
}

/** Rules hide alarms to come: whoever may not whitelist must not send any along with something else. */
function* rulesOutOfPlace(body: Record<string, unknown>): Generator<Violation> {
  const { operate_type: operation, event_white_rule_list: rules } = body;
  if (operation === WHITELISTING || !Array.isArray(rules) || rules.length === 0) return;
  const message = `event_white_rule_list is only for ${WHITELISTING}`;
  yield { pointer: pointer('event_white_rule_list'), rule: 'only_for', message, allowed: [WHITELISTING] };
}

/** The gateway answers for each event once. */
function* repeatedEvents(body: Record<string, unknown>): Generator<Violation> {
  const seen = new Set<unknown>();
  for (const { index, event } of eventsOf(body)) {
    const { event_id: eventId } = event;
    if (typeof eventId === 'string' && seen.has(eventId)) {
      const place = pointer('operate_event_list', index, 'event_id');
      yield { pointer: place, rule: 'distinct', message: 'event_id is that of an earlier event again' };
    }
    seen.add(eventId);
  }
}

import { isOperationType, OPERATIONS } from '../domain/operation-type.js';
import { wireName } from '../http/upstream-problem.js';
import type { Violation } from '../problems/violation.js';
import { isPlainObject } from '../validation/fields.js';
import { pointer } from '../validation/report.js';
import { bodyReader } from './body.pipe.js';
import { LISTED_EVENTS } from './listed-members.js';
import { MAX_EVENTS, OperateBodyDto } from './operate-body.dto.js';

const WHITELISTING = 'add_to_alarm_whitelist';

const read = bodyReader({ type: OperateBodyDto, listed: LISTED_EVENTS, between: ofRules });

/**
 * The body of an operate call: as it came, but for what only listings have.
 *
 * @param passUnknown whether members that upstream's contract does not have are let through
 * @throws Problem 400 with everything that is wrong
 */
export function operateBodyOf(body: unknown, passUnknown: boolean): OperateBodyDto {
  return withDetails(read(body, passUnknown) as OperateBodyDto);
}

/** Declared mandatory and left out by some clients where nothing in it is needed: an empty one means the same (contract 1.6). */
function withDetails(body: OperateBodyDto): OperateBodyDto {
  const { operate_event_list: events } = body;
  if (events.every(({ operate_detail_list: list }) => list !== undefined)) return body;
  const completed = events.map((event) =>
    event.operate_detail_list ? event : { ...event, operate_detail_list: [] },
  );
  return { ...body, operate_event_list: completed };
}

/** Rules that span several fields. */
function* ofRules(body: unknown): Generator<Violation> {
  if (!isPlainObject(body) || hasTooMany(body)) return;
  yield* lackingDetails(body);
  yield* repeatedEvents(body);
  yield* rulesOutOfPlace(body);
}

/** The list is refused as a whole, and it may be long: its entries are not examined. */
function hasTooMany({ operate_event_list: events }: Record<string, unknown>): boolean {
  return Array.isArray(events) && events.length > MAX_EVENTS;
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
  const needed = OPERATIONS[operation].requiredDetails.map(wireName);
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

/** Rules hide future alarms: a caller without the right to whitelist must not attach them to another operation. */
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

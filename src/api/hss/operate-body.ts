import { isOperationType, OPERATION_TYPES } from '../../domain/operation-type.js';
import { invalidRequest } from '../../http/problem.js';
import { compileCheck } from '../../http/validation/compiled-check.js';
import { isPlainObject } from '../../http/validation/fields.js';
import { MOST_VIOLATIONS, pointer, report, type Violation } from '../../http/validation/report.js';
import { OperateBodyDto } from './operate-body.dto.js';
import { wireName } from './wire-names.js';

const isDeclared = compileCheck(OperateBodyDto);

/**
 * The body of an operate call, as it came.
 *
 * @param passUnknown whether members that upstream's contract does not have are let through
 * @throws Problem 400 with everything that is wrong
 */
export function operateBodyOf(body: unknown, passUnknown: boolean): OperateBodyDto {
  const declared = isDeclared(body);
  const ofFields = declared
    ? []
    : report(OperateBodyDto, body).filter((each) => !isPassed(each, passUnknown));
  const ofRules = isPlainObject(body) ? [...lackingDetails(body), ...repeatedEvents(body)] : [];
  const hostile = declared || !passUnknown ? [] : unsendable(body, []);
  const violations = [...ofFields, ...ofRules, ...hostile].slice(0, MOST_VIOLATIONS);
  if (violations.length > 0) throw invalidRequest(violations);
  return body as OperateBodyDto;
}

function isPassed({ rule }: Violation, passUnknown: boolean): boolean {
  return passUnknown && rule === 'unknown_field';
}

function eventsOf({ operate_event_list: events }: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(events) ? events.filter(isPlainObject) : [];
}

/** The conditional rule: which members every detail must have depends on the operation type (contract 1.6). */
function lackingDetails(body: Record<string, unknown>): Violation[] {
  const operation = body['operate_type'];
  if (!isOperationType(operation)) return [];
  const needed = OPERATION_TYPES[operation].requiredDetails.map(wireName);
  if (needed.length === 0) return [];
  return eventsOf(body).flatMap((event, index) => {
    const list = event['operate_detail_list'];
    if (list !== undefined && !Array.isArray(list)) return [];
    const details = (list ?? []) as unknown[];
    const at = ['operate_event_list', index, 'operate_detail_list'] as const;
    if (details.length === 0) return [lacking(pointer(...at), 'operate_detail_list', operation)];
    return details
      .filter(isPlainObject)
      .flatMap((detail, place) =>
        needed
          .filter((name) => !Object.hasOwn(detail, name))
          .map((name) => lacking(pointer(...at, place, name), name, operation)),
      );
  });
}

function lacking(place: string, name: string, operation: string): Violation {
  return { pointer: place, rule: 'required_for', message: `${name} is required for ${operation}` };
}

/** The gateway answers for each event once. */
function repeatedEvents(body: Record<string, unknown>): Violation[] {
  const seen = new Set<unknown>();
  return eventsOf(body).flatMap(({ event_id: eventId }, index) => {
    if (typeof eventId !== 'string' || !seen.has(eventId)) {
      seen.add(eventId);
      return [];
    }
    const place = pointer('operate_event_list', index, 'event_id');
    return [{ pointer: place, rule: 'distinct', message: 'event_id is that of an earlier event again' }];
  });
}

/** What could not travel on exactly as it came: numbers that no double holds, and names that mean something to a parser. */
function unsendable(value: unknown, path: readonly (string | number)[]): Violation[] {
  if (path.length > 16) return [];
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return [
      { pointer: pointer(...path), rule: 'exact', message: 'this number can not be passed on exactly' },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const place = [...path, Array.isArray(value) ? Number(name) : name];
    return /^(?:__proto__|constructor|prototype)$/.test(name)
      ? [{ pointer: pointer(...place), rule: 'unknown_field', message: `${name} is never passed on` }]
      : unsendable(item, place);
  });
}

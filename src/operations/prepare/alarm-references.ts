import type { AlarmReference } from '../../alarms/search-windows.js';
import { parseOccurTime } from '../../domain/times.js';
import { compileCheck } from '../../http/validation/compiled-check.js';
import { isPlainObject, isText } from '../../http/validation/fields.js';
import { pointer, report } from '../../http/validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../../problems/violation.js';
import { AlarmReferenceDto } from './alarm-reference.dto.js';

const isReference = compileCheck(AlarmReferenceDto);

/** What is wrong with the entries of a list of alarm ids; each is an id alone, or an object that holds it. */
export function referenceViolations(alarmIds: unknown): Violation[] {
  if (!Array.isArray(alarmIds)) return [];
  const violations: Violation[] = [];
  for (const [index, entry] of alarmIds.entries()) {
    violations.push(...violationsOfOne(entry, pointer('alarmIds', index)));
    if (violations.length >= MAX_VIOLATIONS) break;
  }
  return violations;
}

function violationsOfOne(entry: unknown, place: string): Violation[] {
  if (isPlainObject(entry)) {
    if (isReference(entry)) return [];
    return report(AlarmReferenceDto, entry).map((each) => ({
      ...each,
      pointer: place + (each.pointer ?? ''),
    }));
  }
  if (isText(entry, 1, 64)) return [];
  const message =
    'must be an event id of 1 to 64 characters without control characters, or an object with eventId';
  return [{ pointer: place, rule: 'text', message, allowed: '1 to 64 characters' }];
}

/** Valid entries, each in the one form that means the same. */
export function referencesOf(alarmIds: readonly (string | AlarmReferenceDto)[]): AlarmReference[] {
  return alarmIds.map((entry) => {
    if (typeof entry === 'string') return { eventId: entry };
    const occurTime = parseOccurTime(entry.occurTime);
    return { eventId: entry.eventId, ...(occurTime !== undefined && { occurTime }) };
  });
}

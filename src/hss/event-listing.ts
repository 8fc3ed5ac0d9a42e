import { parseExact } from '../domain/exact-json.js';
import type { AttackTag, AttCkPhase, Category, HandleStatus, Severity } from '../domain/upstream-words.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';
import { readEvents, type HssPlace } from './calls.js';
import { list, object, text, type ListedRow } from './listing.js';

/** Which alarms; every part narrows, a list means any of its words. Only what upstream itself can filter by (contract 2.1). */
export interface AlarmFilter {
  /** Absent: hosts' and containers', in this order. */
  readonly category?: Category;
  readonly severities?: readonly Severity[];
  readonly status?: HandleStatus;
  readonly hostName?: string;
  readonly hostId?: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  readonly containerName?: string;
  readonly name?: string;
  readonly eventTypes?: readonly number[];
  readonly eventClassIds?: readonly string[];
  readonly attackTag?: AttackTag;
  readonly attCk?: AttCkPhase;
  /** Occurred at this time or later, in epoch milliseconds of thirteen digits. */
  readonly from?: number;
  /** Occurred at this time or earlier, likewise. */
  readonly to?: number;
}

/** Upstream's parameter for each part, in upstream's order; the category is not one of a filter there. */
const WIRE_NAMES = {
  hostName: 'host_name',
  hostId: 'host_id',
  privateIp: 'private_ip',
  publicIp: 'public_ip',
  containerName: 'container_name',
  eventTypes: 'event_types',
  status: 'handle_status',
  from: 'begin_time',
  to: 'end_time',
  eventClassIds: 'event_class_ids',
  severities: 'severity_list',
  attackTag: 'attack_tag',
  attCk: 'att_ck',
  name: 'event_name',
} as const satisfies Record<Exclude<keyof AlarmFilter, 'category'>, string>;

/** The filter as upstream's query spells it, but for the category. */
function queryOf(filter: AlarmFilter): [string, string][] {
  return Object.entries(WIRE_NAMES).flatMap(([part, wireName]) => {
    const value = filter[part as keyof typeof WIRE_NAMES] ?? [];
    return [value].flat().map((each): [string, string] => [wireName, String(each)]);
  });
}

/** Upstream takes 10 to 1000 rows a page, and may give fewer than it was asked for (contract 2.1). */
const MIN_ROWS = 10;
const MAX_ROWS = 1_000;

/** The rows that one call of the listing is to read, of one category: upstream lists one at a time. */
export interface RowsWanted {
  readonly category: Category;
  readonly filter: AlarmFilter;
  readonly offset: number;
  readonly limit: number;
}

/** The call that reads a page of the listing of alarms. */
export function listAlarms(place: HssPlace, { category, filter, offset, limit }: RowsWanted): UpstreamCall {
  return readEvents('ListSecurityEvents', place, 'events', [
    ['category', category],
    ['enterprise_project_id', place.scope.enterpriseProjectId],
    ...queryOf(filter),
    ['offset', String(offset)],
    ['limit', String(Math.min(MAX_ROWS, Math.max(MIN_ROWS, limit)))],
  ]);
}

/** The id of a listed alarm; undefined for a row without one, which nobody could act on. */
export function eventIdOf(row: ListedRow): string | undefined {
  return text(row['event_id']);
}

/** Numbers of a listed alarm that are passed on, written so that a double may have rounded them to a whole one. */
const ROUNDABLE =
  /"(?:occur_time|handle_time|event_type|event_count|process_pid|file_attr|total_num)"\s*:\s*-?\d+[.eE]/;

/**
 * Parses a page of the listing without rounding a number that is passed on. The exact parser takes many times as long, and the
 * texts in a listing are full of what may look like a fraction to it; here only a handful of members are numbers that count.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseAlarms(body: string): unknown {
  if (ROUNDABLE.test(body)) return parseExact(body);
  const answer: unknown = JSON.parse(body);
  return list(object(answer)['data_list']).every(isExact) ? answer : parseExact(body);
}

/** A number beyond the safe integers is seen to be so, even after it was rounded. */
function isExact(listed: unknown): boolean {
  const { occur_time, handle_time } = object(listed);
  return [occur_time, handle_time].every((time) => typeof time !== 'number' || Number.isSafeInteger(time));
}

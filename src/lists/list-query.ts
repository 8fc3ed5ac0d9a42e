import { invalidRequest } from '../problems/problem.js';
import type { RequestedScope } from '../http/policy.js';
import type { Violation } from '../problems/violation.js';
import { digestOf, readCursor } from './list-cursor.js';
import type { Mark } from './list-page.js';
import { limitOf } from './filter-fields.js';
import type { ListQueryDto } from './list-query.dto.js';
import { queryViolations } from './query-violations.js';
import { windowViolations } from './time-window.js';
import type { UpstreamList } from '../hss/index.js';
import type { ListedResource } from './listed-resource.js';

/** What a query string asks for. */
export interface AskedList {
  readonly wish: RequestedScope;
  /** As upstream spells them. */
  readonly filters: readonly (readonly [name: string, value: string])[];
  readonly limit: number;
  /** Epoch milliseconds of the first page, where what is listed depends on it. */
  readonly at?: number;
  /** Absent: the first page. */
  readonly mark?: Mark;
}

/** @param now epoch milliseconds @throws Problem 400 with everything that is wrong */
export function readListQuery<Query extends ListQueryDto>(
  resource: ListedResource<unknown, Query>,
  query: unknown,
  now: number,
): AskedList {
  const violations = listQueryViolations(resource, query);
  if (violations.length > 0) throw invalidRequest(violations);
  const asked = query as Query;
  const { project, enterpriseProjectId, cursor } = asked;
  const { mark, at = now } = (cursor === undefined ? undefined : readCursor(cursor)) ?? {};
  return {
    wish: {
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    },
    filters: resource
      .filters(asked, at)
      .flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
    limit: limitOf(asked),
    ...('last' in asked && { at }),
    ...(mark && { mark }),
  };
}

/** Everything wrong with a query string. */
export function listQueryViolations<Query extends ListQueryDto>(
  resource: ListedResource<unknown, Query>,
  query: unknown,
): Violation[] {
  const ofFields = queryViolations(resource.query, query);
  return [
    ...ofFields,
    ...windowViolations(query as object),
    ...cursorViolations(resource.list, query as { cursor?: unknown }),
  ];
}

function cursorViolations(list: UpstreamList, { cursor, ...rest }: { cursor?: unknown }): Violation[] {
  if (typeof cursor !== 'string' || cursor === '') return [];
  const read = readCursor(cursor);
  const [parameter, rule] = ['cursor', 'cursor'];
  if (!read) return [{ parameter, rule, message: 'cursor must be the nextCursor of an earlier page' }];
  if (read.digest === digestOf(list.path, rest)) return [];
  const message = 'cursor belongs to another list: repeat every parameter of the first page but limit';
  return [{ parameter, rule, message }];
}

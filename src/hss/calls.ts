import type { ProjectConfig } from '../config/config.js';
import { parseExact, stringifyExact } from '../domain/exact-json.js';
import {
  type FilterOperation,
  isFilterOperation,
  isListOperation,
  type ListOperation,
  type OperationName,
  OPERATIONS,
  type OperationType,
} from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import type { CallBody, UpstreamCall } from '../upstream/upstream-call.js';
import type { WireEvent, WireOperateBody } from './wire.js';
import { HSS_ERRORS } from './error-table.js';
import { FILTER_CALLS, itemIdOf, LINE_CHANGES, type UpstreamList, type WireItem } from './lists.js';
import { CHUNK_SIZE } from '../domain/outcome.js';

/** The body of a call that changes a list (contract 2.5.2, 2.6.3, 2.8, 2.9.2). */
interface WireItemsBody {
  readonly data_list: readonly WireItem[];
  readonly [member: string]: unknown;
}

/** The body of a call that acts on whatever its filter finds (contract 2.2.1, 2.5.2, 2.6.3). */
export type WireFilterBody = Readonly<Record<string, unknown>>;

/** What a call that acts carries: alarms, items of a list, or a filter. */
export type HssBody = CallBody<WireOperateBody | WireItemsBody | WireFilterBody>;

/** Where something is read or done. */
export interface HssPlace {
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

/** What one call is to bring about: everything that its effect can be recognised by in upstream's state. */
export interface HssAct extends HssPlace {
  readonly operation: OperationName;
  readonly body: HssBody;
}

/** A call that acts. */
export type ActCall = UpstreamCall & HssAct;

/**
 * The body of one call that acts; in its text, integers keep all their digits. The object is not kept: most calls are sent without a
 * further look at it, and hundreds of alarms would be held until the answer.
 */
export function callBody<Wire extends HssBody['wire']>(wire: Wire): CallBody<Wire> {
  return recordedBody<Wire>(stringifyExact(wire));
}

/** A body of which there is the text. It is parsed once, when its object is first needed. */
export function recordedBody<Wire extends HssBody['wire'] = HssBody['wire']>(text: string): CallBody<Wire> {
  return new TextBody<Wire>(text);
}

class TextBody<Wire> implements CallBody<Wire> {
  #wire: Wire | undefined;

  constructor(readonly text: string) {}

  get wire(): Wire {
    return (this.#wire ??= parseExact(this.text) as Wire);
  }
}

/** The alarms of an operate call. */
export function eventsOf({ wire }: HssBody): readonly WireEvent[] {
  return (wire as WireOperateBody).operate_event_list;
}

/** The items of a call that changes a list. */
export function itemsOf({ wire }: HssBody): readonly WireItem[] {
  return (wire as WireItemsBody).data_list;
}

/** The call that carries out one chunk of an operation. */
export function callFor(
  operation: OperationName,
  scope: Scope,
  project: ProjectConfig,
  body: HssBody,
): ActCall {
  const change = changeOf(operation, scope);
  return {
    name: change.name,
    method: change.method,
    path: change.path,
    query: change.query,
    repeatable: change.repeatable,
    ...(change.saysWhatItDid && { saysWhatItDid: change.saysWhatItDid }),
    priority: OPERATIONS[operation].isReversal ? 'reversal' : 'normal',
    errors: HSS_ERRORS,
    operation,
    scope,
    project,
    body,
  };
}

type Change = Pick<UpstreamCall, 'name' | 'method' | 'path' | 'query' | 'repeatable' | 'saysWhatItDid'>;

function changeOf(operation: OperationName, scope: Scope): Change {
  if (isListOperation(operation)) return changeOfList(operation, scope);
  return isFilterOperation(operation) ? changeByFilter(operation, scope) : changeOfAlarms(operation, scope);
}

/** `POST /v5/{project_id}/event/operate` (contract 1.1). */
function changeOfAlarms(operation: OperationType, scope: Scope): Change {
  const query: [string, string][] = [['enterprise_project_id', scope.enterpriseProjectId]];
  if (scope.containerId !== undefined) query.push(['container_id', scope.containerId]);
  if (scope.containerName !== undefined) query.push(['container_name', scope.containerName]);
  return {
    name: 'ChangeEvent',
    method: 'POST',
    path: eventPath(scope, 'operate'),
    query,
    repeatable: OPERATIONS[operation].isIdempotent ? 'freely' : 'never',
  };
}

function changeOfList(operation: ListOperation, scope: Scope): Change {
  const { call, list } = LINE_CHANGES[operation];
  const query = [['enterprise_project_id', scope.enterpriseProjectId]] as const;
  return { ...call, path: eventPath(scope, list.path), query, repeatable: 'never' };
}

function changeByFilter(operation: FilterOperation, scope: Scope): Change {
  const { call, path } = FILTER_CALLS[operation];
  const query = [['enterprise_project_id', scope.enterpriseProjectId]] as const;
  return { ...call, path: eventPath(scope, path), query, repeatable: 'never', saysWhatItDid: true };
}

/** Which rows a call is to read, and how many upstream takes a page (contract 2.0); it may give fewer than it was asked for. */
interface RowsAsked {
  readonly offset: number;
  readonly limit: number;
  readonly mostRows: number;
}

const MIN_ROWS = 10;

/** A call that reads a listing of the event family (contract 2). @param filter as upstream spells it */
export function readEvents(
  { call: name, path }: Pick<UpstreamList, 'call' | 'path'>,
  place: HssPlace,
  filter: UpstreamCall['query'],
  { offset, limit, mostRows }: RowsAsked,
): UpstreamCall {
  return familyRead({ name, path: `event/${path}` }, place, [
    ...filter,
    ['offset', String(offset)],
    ['limit', String(Math.min(mostRows, Math.max(MIN_ROWS, limit)))],
  ]);
}

/** Any call of the family that reads, as it was asked for. @param path below `/v5/{project_id}/` */
export function familyRead(
  { name, path }: { readonly name: string; readonly path: string },
  { scope, project }: HssPlace,
  query: UpstreamCall['query'],
): UpstreamCall {
  return {
    name,
    project,
    method: 'GET',
    path: familyPath(scope, path),
    query: [['enterprise_project_id', scope.enterpriseProjectId], ...query],
    repeatable: 'freely',
    priority: 'normal',
    errors: HSS_ERRORS,
  };
}

/** Path of a call of the event family (contract 2.0). */
function eventPath(scope: Scope, path: string): string {
  return familyPath(scope, `event/${path}`);
}

function familyPath({ projectId }: Scope, path: string): string {
  return `/v5/${encodeURIComponent(projectId)}/${path}`;
}

/**
 * A call without some of its alarms or items, or with only them; undefined when none is left. One that carries whitelist rules stays
 * whole: they are wanted regardless of the alarms' state.
 */
export function trimmedCall<Call extends ActCall>(
  call: Call,
  ids: ReadonlySet<string>,
  how: 'without' | 'only' = 'without',
): Call | undefined {
  if (ids.size === 0) return call;
  const keeps = (id: string) => ids.has(id) === (how === 'only');
  const body = trimmedBody(call, keeps);
  if (body === call.body) return call;
  return body && { ...call, body };
}

function trimmedBody({ operation, body }: HssAct, keeps: (id: string) => boolean): HssBody | undefined {
  if (isFilterOperation(operation)) return body;
  if (isListOperation(operation)) {
    const left = itemsOf(body).filter((item) => keeps(itemIdOf(LINE_CHANGES[operation].list, item)));
    return left.length === 0 ? undefined : callBody({ ...(body.wire as WireItemsBody), data_list: left });
  }
  const { event_white_rule_list: rules = [] } = body.wire as WireOperateBody;
  if (rules.length > 0) return body;
  const left = eventsOf(body).filter(({ event_id }) => keeps(event_id));
  if (left.length === 0) return undefined;
  return callBody({ ...(body.wire as WireOperateBody), operate_event_list: left });
}

/** Whether a call asks for more than one thing, so that upstream may have done some of them before it refused the call. */
export function mayBePartial({ operation, body }: HssAct): boolean {
  // Nothing shows which of those that it found upstream did.
  if (isFilterOperation(operation)) return false;
  if (isListOperation(operation)) return itemsOf(body).length > 1;
  const { operate_event_list: events, event_white_rule_list: rules = [] } = body.wire as WireOperateBody;
  const details = OPERATIONS[operation].requiredDetails.length === 0 ? 0 : detailsIn(events);
  return events.length > 1 || details > 1 || rules.length > 0;
}

function detailsIn(events: WireOperateBody['operate_event_list']): number {
  return events.reduce((sum, { operate_detail_list: list }) => sum + (list ?? []).length, 0);
}

/** Parts of a list, each as large as one call takes. */
export function inChunks<T>(all: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < all.length; start += CHUNK_SIZE)
    chunks.push(all.slice(start, start + CHUNK_SIZE));
  return chunks;
}

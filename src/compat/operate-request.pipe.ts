import { ENTERPRISE_PROJECT } from '../domain/scope.js';
import { isOperationType, OPERATIONS } from '../domain/operation-type.js';
import { queryPairs } from '../http/identity/signatures.js';
import type { RequestedScope } from '../access/grants.js';
import { compileCheck, declaredPartOf } from '../validation/compiled-check.js';
import { fieldsOf, type DtoClass, isPlainObject, isText } from '../validation/fields.js';
import { DEEPEST, pointer, report } from '../validation/report.js';
import { refuse } from '../problems/catalogue.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import { MAX_EVENTS, OperateBodyDto } from './operate-body.dto.js';
import { wireName } from '../http/upstream-problem.js';

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
  if (violations.length > 0) throw refuse('invalid_request', violations);
  return body as OperateBodyDto;
}

/** Rules that span several fields. */
function* ofRules(body: unknown, passUnknown: boolean): Generator<Violation> {
  if (!isPlainObject(body) || hasTooMany(body)) return;
  yield* lackingDetails(body);
  yield* repeatedEvents(body);
  yield* rulesOutOfPlace(body);
  if (passUnknown) yield* unsendable(body);
}

/** The list is refused as a whole, and it may be long: its entries are not examined. */
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

type Path = readonly (string | number)[];

/** Where members that the contract does not have are let through: those that could not travel on, or not safely. */
function* unsendable(body: unknown): Generator<Violation> {
  yield* inexact(body, []);
  yield* lookalikes(OperateBodyDto, body, []);
}

/** What could not travel on exactly as it came: numbers that no double holds, and names that mean something to a parser. */
function* inexact(value: unknown, path: Path): Generator<Violation> {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    yield violation(path, 'exact', 'this number cannot be passed on exactly');
  }
  if (typeof value !== 'object' || value === null) return;
  if (path.length === DEEPEST) {
    yield violation([], 'depth', `the body must not be nested deeper than ${DEEPEST} levels`);
    return;
  }
  const members = Array.isArray(value) ? (value as unknown[]).entries() : Object.entries(value);
  for (const [name, item] of members) {
    if (typeof name === 'string' && /^(?:__proto__|constructor|prototype)$/.test(name)) {
      yield violation([...path, name], 'unknown_field', `${name} is never passed on`);
    } else if (typeof item === 'object' || typeof item === 'number') yield* inexact(item, [...path, name]);
  }
}

/** A lenient reader takes `operateType` or `OPERATE_TYPE` for `operate_type`: what was checked would not be what is done. */
function* lookalikes(type: DtoClass, value: unknown, path: Path): Generator<Violation> {
  if (!isPlainObject(value)) return;
  const fields = fieldsOf(type);
  const meant = new Map([...fields.keys()].map((name) => [bare(name), name]));
  for (const name of Object.keys(value)) {
    const known = fields.has(name) ? undefined : (meant.get(bare(name)) ?? meant.get(bare(headOf(name))));
    if (known === undefined) continue;
    yield violation([...path, name], 'unknown_field', `could be read as ${known}, so it is never passed on`);
  }
  for (const [name, { nested }] of fields) {
    const items = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!nested || !Array.isArray(items)) continue;
    for (const [index, item] of (items as unknown[]).entries()) {
      yield* lookalikes(nested(), item, [...path, name, index]);
    }
  }
}

/** What is left of a name where all that may be passed over is. */
function bare(name: string): string {
  return name
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Some readers stop at a NUL, and take what follows a dot or a bracket for the way to something within. */
function headOf(name: string): string {
  return name.replace(/[\0.[].*$/su, '');
}

/** The caller made the names up: what is repeated of them is bounded. */
function violation(path: Path, rule: string, message: string): Violation {
  const place = path.map((part) => (typeof part === 'string' ? part.slice(0, 64) : part));
  return { pointer: pointer(...place), rule, message };
}

const PARAMETERS = ['enterprise_project_id', 'container_id', 'container_name'] as const;
type Parameter = (typeof PARAMETERS)[number];

/** Where an operate call acts, by its query (contract 1.1). @throws Problem 400 */
export function requestedScopeOf(url: string): RequestedScope {
  const given = new Map<Parameter, string>();
  const violations: Violation[] = [];
  for (const [name, value] of pairsOf(url)) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    const rule = known === undefined ? 'unknown_field' : given.has(known) ? 'distinct' : undefined;
    if (rule !== undefined) {
      const message = rule === 'distinct' ? 'must be given once' : 'is not a parameter of this call';
      violations.push({ parameter: name.slice(0, 64), rule, message });
    } else if (known !== undefined) {
      if (!isAllowed(known, value)) {
        violations.push({ parameter: known, rule: 'form', message: `must be ${FORMS[known]}` });
      }
      given.set(known, value);
    }
  }
  if (violations.length > 0) throw refuse('invalid_request', violations);
  // An empty value is legal in some of upstream's documents, and says nothing.
  const valueOf = (name: Parameter) => given.get(name) || undefined;
  const [enterpriseProjectId, containerId, containerName] = PARAMETERS.map(valueOf);
  return {
    ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    ...(containerId !== undefined && { containerId }),
    ...(containerName !== undefined && { containerName }),
  };
}

const FORMS: Readonly<Record<Parameter, string>> = {
  enterprise_project_id: '0, a UUID, or all_granted_eps',
  container_id: 'a text of at most 1024 characters without control characters',
  container_name: 'a text of at most 1024 characters without control characters',
};

function isAllowed(name: Parameter, value: string): boolean {
  if (value === '') return true;
  return name === 'enterprise_project_id' ? ENTERPRISE_PROJECT.test(value) : isText(value, 1, 1_024);
}

function pairsOf(url: string): ReturnType<typeof queryPairs> {
  try {
    return queryPairs(url);
  } catch {
    throw refuse('invalid_request', [
      { parameter: '', rule: 'form', message: 'the query is not validly encoded' },
    ]);
  }
}

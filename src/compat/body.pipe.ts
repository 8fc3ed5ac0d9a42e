import type { DtoClass } from '../validation/fields.js';
import { compileCheck, declaredPartOf } from '../validation/compiled-check.js';
import { fieldsOf, isPlainObject } from '../validation/fields.js';
import { DEEPEST, pointer, report } from '../validation/report.js';
import { refuse } from '../problems/catalogue.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import { type ListedMembers, withoutListed } from './listed-members.js';

/** How the body of a call is checked. */
interface BodyRules {
  readonly type: DtoClass;
  /** What a client may send back of what upstream listed. */
  readonly listed: ListedMembers;
  /** Rules that span several fields; they see any body. */
  readonly between: (body: unknown) => Iterable<Violation>;
}

/** @param passUnknown whether members that upstream's contract does not have are let through */
type BodyReader = (body: unknown, passUnknown: boolean) => unknown;

/**
 * Reads bodies of one call: what is returned may be sent, and is what came but for what belongs to listings alone.
 *
 * Members that upstream's contract does not have change nothing about what is checked: they are left out of what is held
 * against the contract, not out of the report, which names a limited number of things and so decides nothing.
 *
 * @returns a function that throws Problem 400 with everything that is wrong
 */
export function bodyReader({ type, listed, between }: BodyRules): BodyReader {
  const isDeclared = compileCheck(type);
  const declaredPart = declaredPartOf(type);
  return (sent, passUnknown) => {
    const body = isDeclared(sent) ? sent : withoutListed(sent, listed, type);
    const known = passUnknown && !isDeclared(body) ? declaredPart(body) : body;
    const ofFields = isDeclared(known) ? [] : report(type, known);
    const ofRules = first(MAX_VIOLATIONS - ofFields.length, rulesOf(type, body, between, passUnknown));
    const violations = [...ofFields, ...ofRules];
    if (violations.length > 0) throw refuse('invalid_request', violations);
    return body;
  };
}

function* rulesOf(
  type: DtoClass,
  body: unknown,
  between: BodyRules['between'],
  passUnknown: boolean,
): Generator<Violation> {
  yield* between(body);
  if (passUnknown) yield* unsendable(type, body);
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

type Path = readonly (string | number)[];

/** Where members that the contract does not have are let through: those that could not travel on, or not safely. */
function* unsendable(type: DtoClass, body: unknown): Generator<Violation> {
  yield* inexact(body, []);
  yield* lookalikes(type, body, []);
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

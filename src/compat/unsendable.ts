import { fieldsOf, type DtoClass, isPlainObject } from '../http/validation/fields.js';
import { DEEPEST, pointer } from '../http/validation/report.js';
import type { Violation } from '../problems/violation.js';
import { OperateBodyDto } from './operate-body.dto.js';

type Path = readonly (string | number)[];

/** Where members that the contract does not have are let through: those that could not travel on, or not safely. */
export function* unsendable(body: unknown): Generator<Violation> {
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

import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';
import { isPlainObject, isText } from '../validation/fields.js';
import { pointer } from '../validation/report.js';

/** What a request for a token says (contract 3.1.1 to 3.1.3). */
export interface TokenRequest {
  readonly user: string;
  readonly password: string;
  /** Absent: the token is for no certain project. */
  readonly project?: { readonly id?: string; readonly name?: string };
  /** Whether it is for the account as a whole. */
  readonly ofDomain: boolean;
}

const MAX_SECRET = 8_192;

/** Of its other members nothing changes what the token is worth. @throws Problem 400 with everything that is wrong */
export function tokenRequestOf(body: unknown): TokenRequest {
  const violations: Violation[] = [];
  const text = (path: readonly string[], max: number): string => {
    const value = at(body, path);
    if (isText(value, 1, max)) return value;
    const message = `${path.at(-1)} must be a string of 1 to ${max} characters without control characters`;
    violations.push({ pointer: pointer(...path), rule: value === undefined ? 'required' : 'text', message });
    return '';
  };
  const methods = at(body, ['auth', 'identity', 'methods']);
  if (!Array.isArray(methods) || methods.length !== 1 || methods[0] !== 'password') {
    const message = 'methods must be ["password"]: the gateway knows no other way';
    const allowed = ['password'];
    violations.push({ pointer: pointer('auth', 'identity', 'methods'), rule: 'one_of', message, allowed });
  }
  const user = ['auth', 'identity', 'password', 'user'];
  const request = { user: text([...user, 'name'], 64), password: text([...user, 'password'], MAX_SECRET) };
  const scope = at(body, ['auth', 'scope']);
  const project = at(scope, ['project']);
  const name = (['id', 'name'] as const).find((each) => at(project, [each]) !== undefined) ?? 'name';
  const named = project === undefined ? undefined : { [name]: text(['auth', 'scope', 'project', name], 256) };
  if (violations.length > 0) throw refuse('invalid_request', violations);
  return {
    ...request,
    ...(named && { project: named }),
    ofDomain: project === undefined && at(scope, ['domain']) !== undefined,
  };
}

function at(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return isPlainObject(value) && Object.hasOwn(value, name) ? at(value[name], rest) : undefined;
}

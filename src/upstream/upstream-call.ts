import type { ProjectConfig } from '../config/config.js';
import type { OperationName } from '../domain/operation-name.js';
import type { Scope } from '../domain/scope.js';
import type { Lane } from './gate/bulkhead.js';
import type { Repeatable } from './retry.js';

/** One call to upstream as data: audit, scope, retry and transport all read the same object. */
export interface UpstreamCall {
  /** Upstream's name of the call. */
  readonly name: string;
  readonly project: ProjectConfig;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path without query, percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly repeatable: Repeatable;
  readonly lane: Lane;
  /** What to read to learn whether the call was carried out, where upstream's answer was lost. */
  readonly expectedEffect?: ExpectedEffect;
}

/** What a call that acts was to bring about, as data. */
export interface ExpectedEffect {
  readonly operation: OperationName;
  readonly scope: Scope;
  readonly project: ProjectConfig;
  /** The call's body, as it travelled. */
  readonly body: string;
}

/** Sends a reading call and answers its body; undefined when it could not be read. */
export type Read = (call: UpstreamCall) => Promise<string | undefined>;

/** Path and query as they stand in the request line: everything outside RFC 3986's unreserved set is encoded. */
export function targetOf({ path, query }: Pick<UpstreamCall, 'path' | 'query'>): string {
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** Everything outside RFC 3986's unreserved set is percent-encoded. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

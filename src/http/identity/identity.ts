import type { Caller, Credential } from '../../domain/caller.js';
import { refuse } from '../../problems/catalogue.js';
import { Problem } from '../../problems/problem.js';

/** Who asks, and by what that was proved. */
export interface Identity {
  readonly caller: Caller;
  readonly credential: Credential;
}

/** What a request presents as proof. */
export interface Presented {
  /** The secret itself: to be looked up or verified, never to be kept. */
  readonly text: string;
  /** Whether it came as `Authorization: Bearer`, where tokens come. */
  readonly bearer: boolean;
}

/** A request that did not prove who sent it. Such attempts are counted by address. */
export class AuthenticationProblem extends Problem {
  /** @param whose the caller who proved to have this credential, which is not enough here: for the records only */
  constructor(
    { status, code, detail, extras, cause }: Problem,
    readonly whose?: Identity,
  ) {
    super(status, code, detail, extras, { cause });
  }
}

/** What is looked at of a request. */
export interface CredentialHeaders {
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly 'x-api-key'?: string | string[] | undefined;
    readonly 'x-auth-token'?: string | string[] | undefined;
  };
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/**
 * The one credential that a request presents. A second one is refused, a repeated header too: the gateway and a proxy before
 * it might each go by another.
 *
 * @param asUpstream whether it may also come where upstream takes tokens, in `X-Auth-Token`
 * @throws AuthenticationProblem 401
 */
export function presentedBy({ headers, rawHeaders }: CredentialHeaders, asUpstream = false): Presented {
  const { authorization, 'x-api-key': apiKey } = headers;
  const authToken = asUpstream ? headers['x-auth-token'] : undefined;
  const api = asUpstream ? 'drop-in' : 'own';
  if ([authorization, apiKey || undefined, authToken || undefined].every((given) => given === undefined)) {
    throw new AuthenticationProblem(refuse('missing_key', api));
  }
  if (authToken !== undefined) {
    if (countOf(rawHeaders, UPSTREAM_CREDENTIAL) === 1) return { text: String(authToken), bearer: true };
    throw new AuthenticationProblem(refuse('two_keys', api));
  }
  if (countOf(rawHeaders, CREDENTIAL) > 1) throw new AuthenticationProblem(refuse('two_keys', api));
  if (authorization === undefined) return { text: String(apiKey), bearer: false };
  const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (text !== undefined) return { text, bearer: true };
  throw new AuthenticationProblem(refuse('invalid_authorization', api));
}

const CREDENTIAL = /^(?:authorization|x-api-key)$/i;
const UPSTREAM_CREDENTIAL = /^(?:authorization|x-api-key|x-auth-token)$/i;

function countOf(rawHeaders: readonly string[], names: RegExp): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 13 && name.length !== 12 && name.length !== 9) continue;
    if (names.test(name)) count += 1;
  }
  return count;
}

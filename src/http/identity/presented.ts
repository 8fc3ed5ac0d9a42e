import { AuthenticationProblem, type Presented } from './identity.js';

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
  const words = asUpstream ? AS_UPSTREAM : OWN;
  if ([authorization, apiKey || undefined, authToken || undefined].every((given) => given === undefined)) {
    throw new AuthenticationProblem(401, 'missing_key', words.missing);
  }
  if (authToken !== undefined) {
    if (countOf(rawHeaders, UPSTREAM_CREDENTIAL) === 1) return { text: String(authToken), bearer: true };
    throw new AuthenticationProblem(401, 'two_keys', words.two);
  }
  if (countOf(rawHeaders, CREDENTIAL) > 1) throw new AuthenticationProblem(401, 'two_keys', words.two);
  if (authorization === undefined) return { text: String(apiKey), bearer: false };
  const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (text !== undefined) return { text, bearer: true };
  throw new AuthenticationProblem(401, 'invalid_authorization', words.authorization);
}

const OWN = {
  missing: 'Send a key, as Authorization: Bearer <key> or as X-Api-Key: <key>.',
  two: 'Send the key once: as Authorization: Bearer <key>, or as X-Api-Key.',
  authorization: 'The Authorization header must read: Bearer <key>.',
};
const AS_UPSTREAM: typeof OWN = {
  missing:
    "Send a key, as X-Auth-Token: <key>, or sign the request (SDK-HMAC-SHA256) with a key pair of the gateway's. Authorization: Bearer <key> and X-Api-Key: <key> are taken as well.",
  two: 'Send one credential, once: X-Auth-Token: <key>, or a signature.',
  authorization:
    'The Authorization header must be a signature (SDK-HMAC-SHA256) or read: Bearer <key>. Or send the key as X-Auth-Token: <key>, without it.',
};

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

import { errors } from 'jose';

import { AuthenticationProblem } from './identity.js';

/** What is wrong with a token, in words that tell nothing of its content. */
export function tokenProblem(error: unknown): AuthenticationProblem {
  if (error instanceof AuthenticationProblem) return error;
  const [code, detail] = faultOf(error);
  return new AuthenticationProblem(401, code, detail, undefined, { cause: error });
}

function faultOf(error: unknown): readonly [code: string, detail: string] {
  if (error instanceof errors.JWTExpired) return ['expired_token', 'The token has expired. Get a new one.'];
  if (error instanceof errors.JWTClaimValidationFailed) {
    return ['invalid_token', CLAIM_FAULTS[error.claim] ?? 'A claim of the token is missing or not valid.'];
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return ['invalid_token', 'The token is not signed by an allowed algorithm.'];
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return ['invalid_token', 'The signature of the token is not valid.'];
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return ['invalid_token', 'The key that signed the token is not one of its issuer.'];
  }
  return ['invalid_token', 'The token is not a signed token that can be verified.'];
}

const CLAIM_FAULTS: Readonly<Record<string, string>> = {
  aud: 'The token is not meant for this gateway (aud).',
  iss: 'The issuer of the token is not trusted here.',
  nbf: 'The token is not valid yet (nbf).',
  exp: 'The token must say when it expires (exp).',
};

import { errors } from 'jose';

import { refuse } from '../../problems/catalogue.js';
import type { TokenFault } from '../../problems/edge.js';
import { AuthenticationProblem } from './identity.js';

/** By the claim that is wrong. */
const CLAIM_FAULTS: Readonly<Record<string, TokenFault>> = {
  aud: 'audience',
  iss: 'issuer',
  nbf: 'not_yet_valid',
  exp: 'no_expiration',
};

/** Whether a token that is refused was signed by a trusted issuer: only then does the answer say what is wrong with it. */
export function isProved(error: unknown): boolean {
  return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
}

export function invalidToken(fault: TokenFault, cause?: unknown): AuthenticationProblem {
  return new AuthenticationProblem(refuse('invalid_token', fault, {}, { cause }));
}

/** What is wrong with a token, in words that reveal nothing of its content. */
export function tokenProblem(error: unknown): AuthenticationProblem {
  if (error instanceof errors.JWTExpired) {
    return new AuthenticationProblem(refuse('expired_token', undefined, {}, { cause: error }));
  }
  if (!(error instanceof errors.JWTClaimValidationFailed)) return invalidToken('unproved', error);
  return invalidToken(CLAIM_FAULTS[error.claim] ?? 'claim', error);
}

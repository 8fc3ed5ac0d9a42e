import { errors } from 'jose';

import { AuthenticationProblem } from './identity.js';

/** Whether a token that is refused is one that a trusted issuer signed: only then is it told what is wrong with it. */
export function isProved(error: unknown): boolean {
  return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
}

/** What is wrong with a token, in words that tell nothing of its content. */
export function tokenProblem(error: unknown): AuthenticationProblem {
  if (error instanceof errors.JWTExpired) {
    return new AuthenticationProblem(
      401,
      'expired_token',
      'The token has expired. Get a new one.',
      undefined,
      {
        cause: error,
      },
    );
  }
  if (!(error instanceof errors.JWTClaimValidationFailed)) return unproved(error);
  const detail = CLAIM_FAULTS[error.claim] ?? 'A claim of the token is missing or not valid.';
  return new AuthenticationProblem(401, 'invalid_token', detail, undefined, { cause: error });
}

/** One answer to all of them: what is known here of issuers and their keys is nobody's business. */
export function unproved(cause?: unknown): AuthenticationProblem {
  const detail =
    'The token proves nobody: it is no signed token, or its issuer, its key, its algorithm or its signature is not one that is trusted here.';
  return new AuthenticationProblem(401, 'invalid_token', detail, undefined, { cause });
}

const CLAIM_FAULTS: Readonly<Record<string, string>> = {
  aud: 'The token is not meant for this gateway (aud).',
  iss: 'The issuer of the token is not trusted here.',
  nbf: 'The token is not valid yet (nbf).',
  exp: 'The token must say when it expires (exp).',
};

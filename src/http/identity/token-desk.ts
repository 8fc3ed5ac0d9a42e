import { decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';

import type { ClaimConfig, IssuerConfig } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import type { Clock } from '../../domain/clock.js';
import { Problem } from '../problem.js';
import { AuthenticationProblem, type Identity } from './identity.js';
import { KeysUnavailable, type KeySet } from './key-set.js';
import { tokenProblem } from './token-problem.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Clocks may differ by so much. */
const SKEW_SECONDS = 60;
/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 8_192;
const MAX_SUBJECT_LENGTH = 256;
/** The end of what a date can hold, in epoch milliseconds. */
const LATEST_TIME = 8.64e15;

/** Tokens of this issuer with these claims are this caller's. */
export interface TokenRule {
  readonly caller: Caller;
  readonly claims: readonly ClaimConfig[];
}

/** An issuer, its keys, and who its tokens are of. */
export interface Trusted {
  readonly config: IssuerConfig;
  readonly keys: KeySet;
  readonly rules: readonly TokenRule[];
}

/** Whether a text looks like a signed token; what else it may be is told first. */
export const looksLikeToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/** Verifies tokens and tells whose they are. */
export class TokenDesk {
  readonly #trusted: ReadonlyMap<string, Trusted>;
  readonly #verified: VerifiedTokens;

  constructor(
    trusted: Iterable<Trusted>,
    private readonly clock: Clock,
  ) {
    this.#trusted = new Map([...trusted].map((each) => [each.config.issuer, each]));
    this.#verified = new VerifiedTokens(clock);
  }

  get open(): boolean {
    return this.#trusted.size > 0;
  }

  /** Whose token this is, if it was verified before. */
  known(digest: string): Identity | undefined {
    return this.#verified.get(digest);
  }

  /** Whose token this is. @throws AuthenticationProblem, Problem 403 for nobody's, 503 when it can't be verified now */
  async recognise(text: string, digest: string): Promise<Identity> {
    const trusted = this.#issuerOf(text);
    const { version } = trusted.keys;
    const claims = await verify(text, trusted, this.clock);
    const identity = identityOf(claims, trusted);
    this.#verified.keep(digest, identity, trusted.keys, version);
    return identity;
  }

  /** By what the token says of itself: whether that is true is seen when it is verified. */
  #issuerOf(text: string): Trusted {
    if (text.length > MAX_TOKEN_LENGTH) {
      throw new AuthenticationProblem(
        401,
        'invalid_token',
        `The token is longer than ${MAX_TOKEN_LENGTH} characters.`,
      );
    }
    try {
      const { typ } = decodeProtectedHeader(text);
      const trusted = this.#trusted.get(String(decodeJwt(text).iss));
      if (!trusted)
        throw new AuthenticationProblem(401, 'invalid_token', 'The issuer of the token is not trusted here.');
      const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
      if (trusted.config.types.includes(type)) return trusted;
      const types = trusted.config.types.join(', ');
      throw new AuthenticationProblem(
        401,
        'invalid_token',
        `The type (typ) of the token must be one of: ${types}.`,
      );
    } catch (error) {
      throw tokenProblem(error);
    }
  }
}

async function verify(text: string, { config, keys }: Trusted, clock: Clock): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(text, keys.keyFor, {
      algorithms: [...config.algorithms],
      issuer: config.issuer,
      audience: [...config.audiences],
      requiredClaims: ['exp'],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(clock.now()),
    });
    return payload;
  } catch (error) {
    if (error instanceof KeysUnavailable) {
      const detail = `The keys of issuer ${config.name} can not be fetched, so its tokens can not be verified.`;
      throw new Problem(
        503,
        'issuer_unavailable',
        detail,
        { retryable: true, retryAfter: 5 },
        { cause: error },
      );
    }
    throw tokenProblem(error);
  }
}

/** The one caller that the claims fit: with two it would be left open who is asking. */
function identityOf(claims: JWTPayload, { config, rules }: Trusted): Identity {
  const callers = new Set(rules.filter((rule) => fits(rule.claims, claims)).map(({ caller }) => caller));
  const [caller] = callers;
  if (caller === undefined || callers.size > 1) {
    const fault = caller === undefined ? 'none of' : 'more than one of';
    throw new Problem(403, 'unknown_caller', `The token is valid, but its claims fit ${fault} the callers.`);
  }
  // The issuer vouches for the claims, not for their types.
  const subject = typeof claims.sub === 'string' ? `:${claims.sub.slice(0, MAX_SUBJECT_LENGTH)}` : '';
  const credential = Object.freeze({
    kind: 'token' as const,
    id: `${config.name}${subject}`,
    expiresAt: Math.min(Number(claims.exp) * 1_000, LATEST_TIME),
  });
  return Object.freeze({ caller, credential });
}

function fits(wanted: readonly ClaimConfig[], claims: JWTPayload): boolean {
  return wanted.every(({ name, value }) => {
    const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return claim === value || (Array.isArray(claim) && claim.includes(value));
  });
}

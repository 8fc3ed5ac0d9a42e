import { decodeJwt, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';

import type { ClaimConfig, IssuerConfig } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import type { Clock } from '../../domain/times.js';
import { AuthenticationProblem, type Identity } from './identity.js';
import { type KeySet, KeysUnavailable } from './key-set.js';
import { refuse } from '../../problems/catalogue.js';
import type { TokenFault } from '../../problems/edge.js';

/** By the claim that is wrong. */
const CLAIM_FAULTS: Readonly<Record<string, TokenFault>> = {
  aud: 'audience',
  iss: 'issuer',
  nbf: 'not_yet_valid',
  exp: 'no_expiration',
};

/** Whether a token that is refused was signed by a trusted issuer: only then does the answer say what is wrong with it. */
function isProved(error: unknown): boolean {
  return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
}

function invalidToken(fault: TokenFault, cause?: unknown): AuthenticationProblem {
  return new AuthenticationProblem(refuse('invalid_token', fault, {}, { cause }));
}

/** What is wrong with a token, in words that reveal nothing of its content. */
function tokenProblem(error: unknown): AuthenticationProblem {
  if (error instanceof errors.JWTExpired) {
    return new AuthenticationProblem(refuse('expired_token', undefined, {}, { cause: error }));
  }
  if (!(error instanceof errors.JWTClaimValidationFailed)) return invalidToken('unproved', error);
  return invalidToken(CLAIM_FAULTS[error.claim] ?? 'claim', error);
}

interface Verified {
  readonly identity: Identity;
  readonly keys: KeySet;
  readonly version: number;
}

/** So many at most; the oldest make room. */
const MAX_TOKENS = 10_000;

/** Tokens that were verified, by their digests, until they expire or their issuer changes its keys. */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Verified>();

  constructor(private readonly clock: Clock) {}

  get(digest: string): Identity | undefined {
    const found = this.#tokens.get(digest);
    if (!found) return undefined;
    const { identity, keys, version } = found;
    // Else nobody would notice a withdrawn key while all tokens are known ones.
    keys.keepFresh();
    if (keys.version === version && (identity.credential.expiresAt ?? 0) > this.clock.now()) return identity;
    this.#tokens.delete(digest);
    return undefined;
  }

  /** @param version of the keys, from before the token was verified */
  keep(digest: string, identity: Identity, keys: KeySet, version: number): void {
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(digest, { identity, keys, version });
  }
}

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
interface Trusted {
  readonly config: IssuerConfig;
  readonly keys: KeySet;
  readonly rules: readonly TokenRule[];
}

/** Whether a text looks like a signed token; other kinds of credentials are recognised before. */
export const looksLikeToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/** Verifies tokens and finds out whose they are. */
export class TokenVerifier {
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
  async verify(text: string, digest: string): Promise<Identity> {
    const trusted = this.#statedBy(text);
    const { version } = trusted.keys;
    const claims = await this.#verify(text, trusted);
    const identity = identityOf(claims, trusted);
    this.#verified.keep(digest, identity, trusted.keys, version);
    return identity;
  }

  /**
   * The issuer that the token names: whether that is true is seen when it is verified. For one that is not trusted here another
   * stands in, so that answers do not reveal which are; it proves nothing that it did not sign.
   */
  #statedBy(text: string): Trusted {
    if (text.length > MAX_TOKEN_LENGTH) {
      throw invalidToken({ maxLength: MAX_TOKEN_LENGTH });
    }
    const [first] = this.#trusted.values();
    const trusted = this.#trusted.get(issuerIn(text)) ?? first;
    if (!trusted) throw invalidToken('unproved');
    return trusted;
  }

  async #verify(text: string, { config, keys }: Trusted): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(text, keys.keyFor, {
        algorithms: [...config.algorithms],
        issuer: config.issuer,
        audience: [...config.audiences],
        requiredClaims: ['exp'],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(this.clock.now()),
      });
      if (config.types.includes(typeIn(protectedHeader))) return payload;
    } catch (error) {
      if (error instanceof KeysUnavailable || (!isProved(error) && !(await this.#keysAreKnown()))) {
        throw refuse('issuer_unavailable', undefined, {}, { cause: error });
      }
      throw tokenProblem(error);
    }
    throw invalidToken({ types: config.types });
  }

  /** Of every issuer: otherwise the answer would reveal which one an unverifiable token leads to. */
  async #keysAreKnown(): Promise<boolean> {
    const known = await Promise.all([...this.#trusted.values()].map(({ keys }) => keys.areKnown()));
    return known.every((each) => each);
  }
}

function issuerIn(text: string): string {
  try {
    return String(decodeJwt(text).iss);
  } catch (error) {
    throw invalidToken('unproved', error);
  }
}

function typeIn({ typ }: JWTHeaderParameters): string {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}

/** The one caller that the claims fit: with two it would be left open who is asking. */
function identityOf(claims: JWTPayload, { config, rules }: Trusted): Identity {
  const callers = new Set(rules.filter((rule) => fits(rule.claims, claims)).map(({ caller }) => caller));
  const [caller] = callers;
  if (caller === undefined || callers.size > 1) {
    throw refuse('unknown_caller', caller === undefined ? 'none' : 'several');
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

/** What the answers of IAM and of the metadata service that give a credential have in common. */

import type { SaidByUpstream } from '../../domain/outcome.js';
import type { Clock } from '../../domain/times.js';
import { faultOf, type ErrorRow } from '../error-table.js';
import { timeOf } from '../retry.js';
import { AuthenticationError } from './authenticator.js';
import { UNUSABLE_BEFORE_EXPIRY_MS } from './expiring-value.js';

/** A member of the answer's document; undefined where that cannot be read. */
export function memberIn<T extends object>(body: string, name: string): T | undefined {
  try {
    const document = JSON.parse(body) as Readonly<Record<string, T | null | undefined>> | null;
    return document?.[name] ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether it can be a header, or part of one; no longer than the longest token that upstream documents (contract 3.1). */
export function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,32768}$/.test(value);
}

/** Why a credential that was given cannot be used. */
export interface Unusable {
  /** Goes on from what it is: "a token that ...". */
  readonly why: string;
  /** The times that it was judged by, for operators. */
  readonly facts?: object;
}

/** @param what who gives what, for the log */
export function unusable(
  row: ErrorRow,
  what: string,
  { why, facts }: Unusable,
  said: SaidByUpstream = {},
): AuthenticationError {
  const more = { message: `${what} that ${why}`, ...(facts && { facts }) };
  return new AuthenticationError(faultOf(row, said), 'unusable', more);
}

/** With less to live than this, a value would have to be fetched again with almost every request. */
const MIN_LIFE_MS = 2 * UNUSABLE_BEFORE_EXPIRY_MS;
/** None is kept for longer: tokens live 24 hours (contract 3.1), and a clock that is wrong by years must not be believed. */
const MAX_LIFE_MS = 86_400_000;

/** Times in the answer that gave a credential. */
interface Times {
  readonly expiresAt: unknown;
  readonly issuedAt?: unknown;
  /** The answer's `Date`. */
  readonly answeredAt: string | undefined;
}

/** A difference between two clocks that is worth reporting. */
const WRONG_BY_MS = 60_000;

/**
 * How long a credential lives, by the clock of the service that gave it: from its issue, or from its answer, to its end. Our own
 * clock counts only where the answer has no other time; then a clock that is wrong looks like a credential that has expired.
 *
 * @returns milliseconds, 24 hours at most
 */
export function lifeOf({ expiresAt, issuedAt, answeredAt }: Times, clock: Clock): { ms: number } | Unusable {
  const now = clock.now();
  const [end, issued, answered] = [instantOf(expiresAt), instantOf(issuedAt), timeOf(answeredAt ?? '')];
  if (Number.isNaN(end)) return { why: 'does not say when it ends' };
  const from = [issued, answered].find((time) => !Number.isNaN(time));
  const ms = end - (from ?? now);
  if (ms >= MIN_LIFE_MS) return { ms: Math.min(ms, MAX_LIFE_MS) };
  const why = `${lives(ms)}${aboutClock(from, now)}`;
  const facts = {
    expiresAt: iso(end),
    ...(from !== undefined && { issuedAt: iso(from) }),
    gatewayTime: iso(now),
  };
  return { why, facts };
}

function lives(ms: number): string {
  return ms > 0 ? `lives for ${Math.ceil(ms / 1_000)} seconds only` : 'has ended before it was given';
}

/** Whether the clock of this machine may be the reason. */
function aboutClock(theirs: number | undefined, ours: number): string {
  if (theirs === undefined) return ' by the clock of this machine: check that clock';
  const ahead = ours - theirs;
  if (Math.abs(ahead) < WRONG_BY_MS) return '';
  const seconds = Math.round(Math.abs(ahead) / 1_000);
  return `; the clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} theirs: check it`;
}

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?$/;

/** Epoch milliseconds of a time in an answer (contract 3.1.7); one without a zone is UTC, as all of them are. NaN for anything else. */
function instantOf(value: unknown): number {
  const match = typeof value === 'string' ? INSTANT.exec(value) : null;
  return match ? Date.parse(`${match[1]}${match[2] ?? 'Z'}`) : NaN;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

import type { Clock } from '../../domain/clock.js';
import { timeOf } from '../retry.js';
import { MIN_LIFE_MS, MAX_LIFE_MS } from './expiring-value.js';

/** Why a credential that was given cannot be used. */
export interface Unusable {
  /** Goes on from what it is: "a token that ...". */
  readonly why: string;
  /** The times that it was judged by, for whoever operates the gateway. */
  readonly facts?: object;
}

/** Times of whoever gave a credential, as they stand in its answer. */
export interface Times {
  readonly expiresAt: unknown;
  readonly issuedAt?: unknown;
  /** The answer's `Date`. */
  readonly answeredAt: string | undefined;
}

/** A difference between two clocks that is worth telling. */
const WRONG_BY_MS = 60_000;

/**
 * How long a credential lives, by the times of whoever gave it: from its issue, or from its answer, to its end. Our clock is
 * only asked where nothing else is told; then a clock that is wrong looks like a credential that is over.
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
  const words = `${lives(ms)}${wordsOfClock(from, now)}`;
  const facts = {
    expiresAt: iso(end),
    ...(from !== undefined && { issuedAt: iso(from) }),
    gatewayTime: iso(now),
  };
  return { why: words, facts };
}

function lives(ms: number): string {
  return ms > 0 ? `lives for ${Math.ceil(ms / 1_000)} seconds only` : 'has ended before it was given';
}

/** Whether the clock of this machine may be the reason. */
function wordsOfClock(theirs: number | undefined, ours: number): string {
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

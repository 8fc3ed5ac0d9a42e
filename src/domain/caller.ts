import type { OperationName } from './operation-type.js';
import type { Severity } from './upstream-words.js';

/**
 * What a grant gives, each apart from the others.
 *
 * - `read`: alarms, and receipts of one's own
 * - `act`: operations, and their undoing
 * - `approve`: what others may do only with a second person's consent
 * - `audit`: the audit trail
 */
export const RIGHTS = ['read', 'act', 'approve', 'audit'] as const;
export type Right = (typeof RIGHTS)[number];

/** What a grant gives that names no rights. */
export const DEFAULT_RIGHTS: readonly Right[] = ['read', 'act'];

/** What a caller may do: any of these operation types, in any of these projects, in any of these enterprise projects. */
export interface Grant {
  /** Absent: `DEFAULT_RIGHTS`. */
  readonly rights?: readonly Right[];
  readonly operations: readonly (OperationName | '*')[];
  readonly projects: readonly string[];
  /** `*` is any single enterprise project; `all_granted_eps` only where it is listed literally. */
  readonly enterpriseProjects: readonly string[];
  /** Event type codes; absent: all. */
  readonly eventTypes?: readonly number[];
  /** Absent: all, known or not. Present: only alarms whose severity the gateway knows. */
  readonly severities?: readonly Severity[];
  /** Only alarms as upstream lists them, named by their ids; absent: those that the request itself describes too. */
  readonly byIdOnly?: true;
}

/** What a caller may not do; a denial wins over every grant. A part that a denial leaves out is denied as a whole. */
export type Denial = Partial<Omit<Grant, 'byIdOnly'>>;

/** What is counted a minute: each has a limit of its name, and its part of the `RateLimit` headers. */
export const COUNTED_PER_MINUTE = ['requests', 'alarms'] as const;
export type CountedPerMinute = (typeof COUNTED_PER_MINUTE)[number];

/** How much a caller may do; what is absent is not limited. What takes something back never is. */
export interface CallerLimits extends Readonly<Partial<Record<`${CountedPerMinute}PerMinute`, number>>> {
  /** Alarms acted on destructively within 24 hours. */
  readonly destructivePerDay?: number;
  /** Distinct hosts reached destructively within an hour, before the brake engages. */
  readonly maxHostsPerHour?: number;
  /** Operations followed at once, by server-sent events. */
  readonly followers?: number;
  /** Plans that can still be applied, and alarms in all of them. */
  readonly livePlans?: number;
  readonly livePlanAlarms?: number;
  /** Operations of the background that wait or run. */
  readonly backgroundOperations?: number;
  /** Operations that wait for their expiration. */
  readonly expirations?: number;
}

/** An authenticated internal app. */
export interface Caller {
  readonly id: string;
  readonly grants: readonly Grant[];
  readonly denials?: readonly Denial[];
  /** Whether it may name the human behind a request. */
  readonly onBehalfOf?: boolean;
  /** Where they differ from those of everyone. */
  readonly limits?: CallerLimits;
}

/** By what a caller proved who it is; never the secret itself. */
export interface Credential {
  readonly kind: 'key' | 'token' | 'signature';
  /** A key's id; of a token its issuer's name, and its subject where it has one. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** Who asks, under which id, and until when: made at the edge, passed on as an argument. */
export interface CallContext {
  readonly requestId: string;
  readonly caller: Caller;
  readonly credential?: Credential;
  /** The human behind the request, in the caller's words: for the records, never for a decision. */
  readonly onBehalfOf?: string;
  /** By the monotonic clock, in milliseconds. */
  readonly receivedAt: number;
  /** By the monotonic clock, in milliseconds; nothing is started after it. */
  readonly deadlineAt: number;
  /** The signature by which the caller proved who it is, which may come only once. */
  readonly signature?: string;
  /** Seconds until the caller may send requests again; absent: it may now. What takes something back is done all the same. */
  readonly overQuota?: number;
}

/** The callers that are configured at the moment. */
export abstract class Callers {
  abstract find(id: string): Caller | undefined;
}

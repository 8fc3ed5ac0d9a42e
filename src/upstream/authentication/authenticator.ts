import type { Fault } from '../../domain/outcome.js';

/** A request to upstream that still lacks proof of who sends it. */
export interface UnprovenRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path without query, percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Proof {
  /** All headers to send: those of the request, and those that prove who sends it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Counts the credentials of one authenticator, so that it can tell what came of one that it has replaced already. */
  readonly generation: number;
}

/** Whether the same request may fare better with a new proof. */
export type Renewal = 'renewed_may_help' | 'final';

/** Proves to upstream who sends the requests of one project. Its credential belongs to that project and to no other. */
export abstract class Authenticator {
  /** The IAM id of the project, looked up where none is configured. @throws AuthenticationError */
  abstract projectId(deadlineAt: number): Promise<string>;

  /**
   * @param deadlineAt time of the monotonic clock until which to wait for a credential
   * @throws AuthenticationError
   */
  abstract prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof>;

  /** Upstream took this proof. */
  abstract accept(proof: Proof): void;

  /** Upstream did not take this proof. */
  abstract reject(proof: Proof): Promise<Renewal>;

  /** Why there is no proof at the moment, while that is being waited out; undefined where one is at hand or may be asked for. */
  abstract get trouble(): Trouble | undefined;
}

/**
 * Why a project has no credential at the moment.
 *
 * - `refused`: it is not taken
 * - `throttled`: IAM asks for patience, which says nothing of the credential
 * - `unusable`: what was given cannot be used
 * - `unavailable`: whoever gives it cannot be reached, or failed
 * - `project_unknown`: IAM does not say which project is meant
 */
export const TROUBLES = ['refused', 'throttled', 'unusable', 'unavailable', 'project_unknown'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** There is no proof to send; the request it was meant for never left the gateway. */
export class AuthenticationError extends Error {
  /** @param trouble why; `out_of_time`: only this request could not wait for it */
  constructor(
    readonly fault: Fault,
    readonly trouble: Trouble | 'out_of_time',
    private readonly more: AuthenticationErrorFacts = {},
  ) {
    super(fault.code);
  }

  /** Milliseconds that upstream asked us to wait. */
  get retryAfterMs(): number | undefined {
    return this.more.retryAfterMs;
  }

  /** What whoever operates the gateway should know besides, and no caller. */
  get forOperators(): { readonly words?: string; readonly facts: object } {
    const { words, facts = {} } = this.more;
    return { ...(words !== undefined && { words }), facts };
  }

  /** Somebody counts it, and waits it out: whoever passes it on must not do so again. */
  get isHeld(): boolean {
    return this.more.isHeld ?? false;
  }

  /** The same for all who meet it while it is waited out. */
  heldFor(waitMs: number): AuthenticationError {
    const fault = waitMs > 0 ? { ...this.fault, retryAfter: Math.ceil(waitMs / 1_000) } : this.fault;
    return new AuthenticationError(fault, this.trouble, { ...this.more, isHeld: true });
  }
}

interface AuthenticationErrorFacts {
  readonly isHeld?: boolean;
  readonly retryAfterMs?: number;
  readonly words?: string;
  readonly facts?: object;
}

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

  /** Whether a proof is at hand or may be asked for: false while upstream's refusal of the credential is being waited out. */
  abstract get available(): boolean;
}

/** There is no proof to send; the request it was meant for never left the gateway. */
export class AuthenticationError extends Error {
  constructor(
    readonly fault: Fault,
    /** The credential itself was refused, so asking again at once would be refused again. */
    readonly refused = false,
    /** Milliseconds that upstream asked us to wait. */
    readonly retryAfterMs?: number,
  ) {
    super(fault.code);
  }
}

import type { Clock } from '../../domain/times.js';
import type { Fault } from '../../domain/outcome.js';
import { faultOf, OUT_OF_TIME } from '../error-table.js';
import type { Target, Transport } from '../transport.js';

/** A request to upstream that still lacks proof of who sends it. */
export interface UnprovenRequest extends Target {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Scheme, host and port. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface Proof {
  /** All headers to send: those of the request, and those that prove who sends it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Counts the credentials of one authenticator, to recognise what came of one that it has replaced already. */
  readonly generation: number;
}

/** Whether the same request may fare better with a new proof. */
export type Renewal = 'renewed_may_help' | 'final';

/** Proves to upstream who sends the requests of one project. Its credential belongs to that project and to no other. */
export interface Authenticator {
  /** The IAM id of the project, looked up where none is configured. @throws AuthenticationError */
  projectId(deadlineAt: number): Promise<string>;

  /**
   * @param deadlineAt time of the monotonic clock until which to wait for a credential
   * @throws AuthenticationError
   */
  prove(request: UnprovenRequest, deadlineAt: number): Promise<Proof>;

  /** Upstream accepted this proof. */
  accept(proof: Proof): void;

  /** Upstream did not accept this proof. */
  reject(proof: Proof): Promise<Renewal>;

  /** Why there is no proof at the moment, while that is being waited out; undefined where one is at hand or may be asked for. */
  readonly trouble: Trouble | undefined;
}

/**
 * Why a project has no credential at the moment.
 *
 * - `refused`: it is not accepted
 * - `throttled`: IAM asks for patience, which says nothing of the credential
 * - `unusable`: what was given cannot be used
 * - `unavailable`: the service that gives it cannot be reached, or failed
 * - `project_unknown`: IAM does not say which project is meant
 */
export const TROUBLES = ['refused', 'throttled', 'unusable', 'unavailable', 'project_unknown'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** What an authentication error carries besides. */
interface AuthenticationErrorFacts {
  /** It is counted and waited out already, and must not be counted again where it is passed on. */
  readonly isHeld?: boolean;
  /** Milliseconds that upstream asked us to wait. */
  readonly retryAfterMs?: number;
  /** For operators of the gateway, never for callers. */
  readonly message?: string;
  readonly facts?: object;
}

/** There is no proof to send; the request it was meant for never left the gateway. */
export class AuthenticationError extends Error {
  /** @param trouble why; undefined: only this request could not wait for it */
  constructor(
    readonly fault: Fault,
    readonly trouble: Trouble | undefined,
    readonly more: AuthenticationErrorFacts = {},
  ) {
    super(fault.code);
  }

  /** The same for all who meet it while it is waited out. */
  heldFor(waitMs: number): AuthenticationError {
    const fault = waitMs > 0 ? { ...this.fault, retryAfter: Math.ceil(waitMs / 1_000) } : this.fault;
    return new AuthenticationError(fault, this.trouble, { ...this.more, isHeld: true });
  }
}

/** Receives what happens to credentials; never what they are. */
export interface CredentialLog {
  log(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every way of authentication needs from outside. */
export interface AuthDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to 1, drawn anew each time. */
  readonly random: () => number;
  readonly log: CredentialLog;
}

/** What others may be waiting for too, but for no longer than until the deadline. @throws AuthenticationError at the deadline */
export function untilDeadline<T>(shared: Promise<T>, deadlineAt: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new AuthenticationError(faultOf(OUT_OF_TIME), undefined));
    const cancel = clock.schedule(Math.max(0, deadlineAt - clock.monotonic()), giveUp);
    shared.then(resolve, reject).finally(cancel);
  });
}

import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/ports.js';
import { hasRight } from '../domain/grants.js';
import { addressOf, type AccessRule } from './access.js';
import { DEADLINE_HEADER, deadlineOf, onBehalfOf } from './request-headers.js';
import { Authentication, FailedAttempts } from './identity/authentication.js';
import { AuthenticationProblem, type Identity, presentedBy } from './identity/identity.js';
import { SignatureVerifier, type Verify, UnprovedBodies } from './identity/signature-verifier.js';
import { isSigned } from './identity/signatures.js';
import { Quotas } from '../access/quotas.js';
import { refuse } from '../problems/catalogue.js';

/**
 * Stands before every route, framework-made ones included, and before any body is read: a route that declares no access
 * rule is refused, and so is a request that does not authenticate or whose caller lacks the route's right.
 */
@Injectable()
export class AuthHook {
  readonly #unproved: UnprovedBodies;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly authentication: Authentication,
    private readonly signatures: SignatureVerifier,
    private readonly failures: FailedAttempts,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
  ) {
    this.#unproved = new UnprovedBodies(config.limits.bodyBytes);
  }

  readonly onRequest = (
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    // Once the caller has hung up, its socket no longer knows its address.
    request.address = addressOf(request);
    const refuse = (error: unknown) => done(this.#answer(error, request));
    try {
      reply.header('X-Request-Id', request.id);
      const admission = request.is404 ? undefined : this.#admit(request, reply);
      // Only a token that is new here takes its time.
      if (admission) admission.then(() => done(), refuse);
      else done();
    } catch (error) {
      refuse(error);
    }
  };

  #admit(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const { access, asUpstream } = request.routeOptions.config;
    if (access === 'public') return undefined;
    if (access === undefined) {
      throw refuse('no_access_rule');
    }
    reply.header('Cache-Control', 'no-store');
    if (asUpstream && isSigned(request.raw)) {
      const verify = this.signatures.open(request);
      const held = this.#unproved.take(request.raw, reply.raw, addressOf(request));
      if (held) request.unprovedBody = held;
      request.verify = (body) => this.#verified(request, access, () => verify(body));
      return undefined;
    }
    const presented = presentedBy(request.raw, asUpstream !== undefined);
    const identity = this.authentication.authenticate(presented, { ip: addressOf(request) });
    if (identity instanceof Promise) return identity.then((known) => this.#enter(request, access, known));
    this.#enter(request, access, identity);
    return undefined;
  }

  /** What has no body is signed without one. */
  readonly preValidation = (
    request: FastifyRequest,
    _reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    try {
      request.verify?.(new Uint8Array());
      done();
    } catch (error) {
      done(error as Error);
    }
  };

  readonly onSend = (
    request: FastifyRequest,
    reply: FastifyReply,
    _payload: unknown,
    done: (error?: Error) => void,
  ): void => {
    const { callContext } = request;
    const headers = callContext && this.quotas.headersFor(callContext.caller);
    if (headers) void reply.headers(headers);
    done();
  };

  /** A signature covers the body: nothing is done with the request, not even read, before it is proved. */
  #verified(request: FastifyRequest, access: AccessRule, verify: () => ReturnType<Verify>): void {
    try {
      delete request.verify;
      const { identity, signature } = verify();
      this.#enter(request, access, identity, signature);
    } catch (error) {
      throw this.#answer(error, request);
    }
  }

  #enter(
    request: FastifyRequest,
    access: AccessRule,
    { caller, credential }: Identity,
    signature?: string,
  ): void {
    const receivedAt = this.clock.monotonic();
    const { deadlineMs } = this.config.upstream;
    const context = {
      requestId: request.id,
      caller,
      credential,
      ...(signature !== undefined && { signature }),
      receivedAt,
      deadlineAt: receivedAt + deadlineMs,
    };
    // Known from here on, so that a refusal's record says who was refused.
    request.callContext = context;
    const human = onBehalfOf(request.raw, caller);
    request.callContext = {
      ...context,
      ...(human !== undefined && { onBehalfOf: human }),
      deadlineAt: deadlineOf(request.headers[DEADLINE_HEADER], receivedAt, deadlineMs),
    };
    if (access !== 'public' && access !== 'caller' && !hasRight(caller, access)) {
      throw refuse('not_granted', { caller: caller.id, what: `the right ${access}` });
    }
    const overQuota = this.quotas.take('requests', caller, 1);
    if (overQuota === 0) return;
    if (!request.routeOptions.config.acts)
      throw refuse('request_limit', undefined, { retryAfter: overQuota });
    request.callContext = { ...request.callContext, overQuota };
  }

  #answer(error: unknown, request: FastifyRequest): Error {
    // A proved credential without the right is refused with that reason, independent of failures behind the same address.
    if (!(error instanceof AuthenticationProblem) || error.whose) return error as Error;
    return this.failures.answer(error, addressOf(request));
  }
}

import type { IncomingMessage } from 'node:http';

import {
  Inject,
  Injectable,
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest, FastifyContextConfig } from 'fastify';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import { uuidv7 } from 'uuidv7';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import { hasRight } from '../access/grants.js';
import { Authentication, FailedAttempts, presentedBy, addressOf } from './identity/authentication.js';
import { AuthenticationProblem, type Identity } from './identity/identity.js';
import { SignatureVerifier, type Verify, UnprovedBodies } from './identity/signature-verifier.js';
import { isSigned } from './identity/signatures.js';
import { Quotas } from '../access/quotas.js';
import { onlyValueOf } from './request-pipes.js';
import { refuse } from '../problems/catalogue.js';
import type { CallContext, Right, Caller } from '../domain/caller.js';

/**
 * Who may reach a route.
 *
 * - `public`: anyone, without a key
 * - `caller`: any authenticated caller
 * - a right: any authenticated caller that has it anywhere; what it may do there is decided by its grants
 */
type AccessRule = 'public' | 'caller' | Right;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: AccessRule;
    /** The route speaks upstream's own contract: credentials come as upstream takes them too. */
    asUpstream?: true;
    /** What is beyond the caller's quota is refused by the handler, which lets pass what takes something back. */
    acts?: true;
    /** A body may be left out, also where one of JSON is declared. */
    bodyMayBeMissing?: true;
    /** The largest body that is read, in bytes; absent: as configured. */
    maxBodyBytes?: number;
    /** It goes on for as long as what it follows, within a limit of its own. */
    follows?: true;
  }
  interface FastifyRequest {
    /** Proves who signed, when the body is there; absent: nobody signed, or it is proved. */
    verify?: (body: Uint8Array) => void;
    /** Who asks; absent on public routes. */
    callContext?: CallContext;
    /** Where it came from, as it was when it came. */
    address?: string;
    /** What is held of a body that nobody proved yet. */
    unprovedBody?: { grow(bytes: number): void };
  }
}

/** The ways to prove who one is, as the document names them; either will do. */
const SECURITY_SCHEMES = ['bearer', 'apiKey'] as const;

/** Declares who may reach a route, to the server and in the document. A route without it cannot be used. */
export const Access = (
  access: AccessRule,
  more: Pick<
    FastifyContextConfig,
    'asUpstream' | 'acts' | 'bodyMayBeMissing' | 'maxBodyBytes' | 'follows'
  > = {},
): MethodDecorator =>
  applyDecorators(
    RouteConfig({ access, ...more }),
    ...(access === 'public' ? [] : SECURITY_SCHEMES.map((scheme) => ApiSecurity(scheme))),
  );

/** A caller's own request id, when it is a plain word; it travels upstream, so nothing else is taken. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The id of a request: its caller's own, or a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const presented = headers['x-request-id'];
  return typeof presented === 'string' && REQUEST_ID.test(presented) ? presented : uuidv7();
}

export function contextOf(request: FastifyRequest): CallContext {
  if (!request.callContext) throw new Error('a public route asked who called');
  return request.callContext;
}

/** The call context as a controller's parameter. */
export const Context = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);

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
    const fail = (error: unknown) => done(this.#answer(error, request));
    try {
      reply.header('X-Request-Id', request.id);
      const admission = request.is404 ? undefined : this.#admit(request, reply);
      // Only a token that is new here takes its time.
      if (admission) admission.then(() => done(), fail);
      else done();
    } catch (error) {
      fail(error);
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
    const identity = this.authentication.authenticate(presented, addressOf(request));
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
      ...(signature !== undefined && { signature }),
      requestId: request.id,
      caller,
      credential,
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

/** Header by which a caller asks for less time than the gateway would take. */
const DEADLINE_HEADER = 'x-deadline-ms';

/** Less is no time for even one attempt. */
const MIN_DEADLINE_MS = 300;

/**
 * Until when a request may take, by the monotonic clock: as long as the gateway is configured for, or less where the caller
 * asks for less; asking for more changes nothing.
 *
 * @throws Problem 400
 */
export function deadlineOf(asked: string | string[] | undefined, receivedAt: number, maxMs: number): number {
  if (asked === undefined) return receivedAt + maxMs;
  const milliseconds = typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  if (milliseconds < MIN_DEADLINE_MS) {
    throw refuse('invalid_deadline', { minMs: MIN_DEADLINE_MS, maxMs });
  }
  return receivedAt + Math.min(milliseconds, maxMs);
}

const ON_BEHALF_OF = 'x-on-behalf-of';

/** An account name or a mail address, say: it is written into records as it is. */
const PERSON_FORM = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/**
 * The human that a caller says is behind its request, if it says so.
 *
 * @throws Problem 403 for a caller that may not, 400 for what is no name
 */
export function onBehalfOf(message: IncomingMessage, caller: Caller): string | undefined {
  if (message.headers[ON_BEHALF_OF] === undefined) return undefined;
  if (caller.onBehalfOf !== true) {
    throw refuse('on_behalf_not_allowed', { caller: caller.id });
  }
  return onlyValueOf(message, ON_BEHALF_OF, PERSON_FORM, 'invalid_on_behalf_of');
}

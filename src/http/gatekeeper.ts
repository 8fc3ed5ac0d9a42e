import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/clock.js';
import { DEADLINE_HEADER, deadlineOf } from './deadline.js';
import { Keyring } from './keyring.js';
import { Problem } from './problem.js';

/**
 * Stands before every route, framework-made ones included, and before any body is read: a route that declares no access
 * rule is refused, and so is whoever can't prove who they are.
 */
@Injectable()
export class Gatekeeper {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {}

  readonly onRequest = (
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    try {
      reply.header('X-Request-Id', request.id);
      if (!request.is404) this.#admit(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };

  #admit(request: FastifyRequest, reply: FastifyReply): void {
    const { access } = request.routeOptions.config;
    if (access === 'public') return;
    if (access !== 'caller') {
      throw new Problem(403, 'no_access_rule', 'This route declares no access rule, so nobody may use it.');
    }
    reply.header('Cache-Control', 'no-store');
    const caller = this.keyring.recognise(request.headers);
    const receivedAt = this.clock.now();
    request.callContext = {
      requestId: request.id,
      caller,
      receivedAt,
      deadlineAt: deadlineOf(request.headers[DEADLINE_HEADER], receivedAt, this.config.upstream.deadlineMs),
    };
  }
}

import { Controller, Get, Inject, Param, Res, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { UPSTREAM_JSON } from '../http/upstream-problem.js';
import { refuse } from '../problems/catalogue.js';
import { FAMILY_CALLS, type FamilyCall } from './calls.js';
import { changeRoute, METHODS } from './change.controller.js';
import { familyQueryOf } from './query.pipe.js';
import { ReadingService } from './reading.service.js';

/** The routes of upstream's alarm family, made from their table. */
export const FAMILY_CONTROLLERS: readonly Type[] = FAMILY_CALLS.map((call) => {
  switch (call.offer.kind) {
    case 'read':
      return readRoute(call);
    case 'none':
      return closedRoute(call, call.offer.instead);
    case 'operate':
    case 'change':
    case 'batch':
      return changeRoute(call, call.offer);
  }
});

function readRoute(call: FamilyCall): Type {
  @Controller('v5/:project_id')
  @ApiExcludeController()
  class ReadController {
    constructor(@Inject(ReadingService) private readonly reading: ReadingService) {}

    @Get(routeOf(call))
    @Access('read', { asUpstream: true })
    async read(
      @Param('project_id') projectId: string,
      @Context() context: CallContext,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<string> {
      const asked = familyQueryOf(call, reply.request.raw.url ?? '');
      const { body, requestId } = await this.reading.read(call, projectId, asked, context);
      void reply.header('Content-Type', UPSTREAM_JSON);
      if (requestId !== undefined) {
        // Upstream's own: what its support asks for. The log line has both.
        void reply.header('X-Request-Id', requestId);
        reply.request.saidByUpstream = { requestId };
      }
      return body;
    }
  }
  return ReadController;
}

/** A call that there is upstream, and not here: who asks learns so, and what to do instead. */
function closedRoute(call: FamilyCall, instead?: string): Type {
  const Method = METHODS[call.method];

  @Controller('v5/:project_id')
  @ApiExcludeController()
  class ClosedController {
    @Method(routeOf(call))
    @Access('caller', { asUpstream: true, bodyMayBeMissing: true })
    refuse(): never {
      throw refuse('call_not_offered', { name: call.name, ...(instead !== undefined && { instead }) });
    }
  }
  return ClosedController;
}

/** As the router spells it. */
function routeOf({ path }: FamilyCall): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

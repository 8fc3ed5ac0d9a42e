import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../../domain/caller.js';
import { Access, Context } from '../../http/access.js';
import { idempotencyKeyOf } from '../../http/idempotency-key.js';
import { tellRepeated } from '../../operations/tell-repeated.js';
import { HssService } from './hss.service.js';
import { upstreamProblem } from './upstream-problem.js';

/** Upstream's own contract, for clients that were written for it: described in its documents, and not in ours. */
@ApiExcludeController()
@Controller('v5/:project_id/event')
export class HssController {
  constructor(private readonly hss: HssService) {}

  /** Answers what upstream answered: an empty body, or `{}` (contract 1.7). */
  @Post('operate')
  @Access('act', { acts: true, asUpstream: upstreamProblem })
  @HttpCode(200)
  async operate(
    @Param('project_id') projectId: string,
    @Body() body: unknown,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { raw } = reply.request;
    const idempotencyKey = idempotencyKeyOf(raw);
    const { signature } = context;
    const once = {
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(signature !== undefined && { signature }),
    };
    const handled = await this.hss.operate({ projectId, url: raw.url ?? '', body, once }, context);
    const { operationId } = handled.trail.intent;
    reply.request.operationId = operationId;
    tellRepeated(reply, handled);
    void reply.header('X-Operation-Id', operationId);
    const { answer = '' } = handled;
    if (answer !== '') void reply.header('Content-Type', 'application/json');
    return answer;
  }
}

import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { UPSTREAM_JSON } from './upstream-problem.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { Access, Context } from '../http/access.js';
import { idempotencyKeyOf } from '../http/request-headers.js';
import { setIdempotencyHeaders } from '../operations/admission/idempotency-headers.js';
import { HssService } from './hss.service.js';
import { operateAnswer } from './operate-answer.js';

/** Upstream's own contract, for clients that were written for it. */
@Controller('v5/:project_id/event')
export class HssController {
  constructor(private readonly hss: HssService) {}

  /**
   * Upstream's own call.
   *
   * @remarks
   * For apps that were written for HSS: they change their endpoint and their credential, and nothing else. Answers and errors have
   * upstream's shape; `X-Operation-Id` names the receipt. Everything stands behind it that stands behind `POST /v1/operations`.
   */
  @Post('operate')
  @Access('act', { acts: true, asUpstream: true })
  @HttpCode(200)
  @OpenApi('changeEvent')
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
    setIdempotencyHeaders(reply, handled);
    void reply.headers({ 'X-Operation-Id': operationId, 'Content-Type': UPSTREAM_JSON });
    return operateAnswer(handled);
  }
}

import { Body, Controller, HttpCode, Inject, Module, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext, Caller } from '../domain/caller.js';
import { projectsWith } from '../access/grants.js';
import { Access, Context } from '../http/auth.hook.js';
import { idempotencyKeyOf } from '../http/request-pipes.js';
import { setIdempotencyHeaders } from '../operations/receipts/receipt.js';
import { OperationsService } from '../operations/operations.service.js';
import { refuse } from '../problems/catalogue.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { operateAnswer, commandOf } from './operate.translator.js';
import { operateBodyOf, requestedScopeOf } from './operate-request.pipe.js';
import { UPSTREAM_JSON } from '../http/upstream-problem.js';

/** Upstream's own contract, for clients that were written for it. */
@Controller('v5/:project_id/event')
export class HssController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operations: OperationsService,
  ) {}

  /**
   * Upstream's own call.
   *
   * @remarks
   * For apps that were written for HSS: they change their endpoint and their credential, and nothing else. Answers and errors have
   * upstream's shape; `X-Operation-Id` names the receipt. Everything that applies to `POST /v1/operations` applies to it.
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
    const scope = requestedScopeOf(raw.url ?? '');
    const callBody = operateBodyOf(body, this.config.dropIn.passUnknownFields);
    const project = this.#projectOf(projectId, context.caller);
    const command = commandOf(
      callBody,
      { ...scope, project },
      {
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(signature !== undefined && { signature }),
      },
    );
    const handled = await this.operations.handle(command, context);
    const { operationId } = handled.trail.intent;
    reply.request.operationId = operationId;
    setIdempotencyHeaders(reply, handled);
    void reply.headers({ 'X-Operation-Id': operationId, 'Content-Type': UPSTREAM_JSON });
    return operateAnswer(handled);
  }

  /** The gateway's name of a project; where several share an id, the first that the caller may act in. @throws Problem 403 */
  #projectOf(projectId: string, caller: Caller): string {
    const all = [...this.config.projects.values()].filter((project) => project.projectId === projectId);
    const names = all.map(({ name }) => name);
    const [name = names[0]] = projectsWith(caller, 'act', names);
    if (name !== undefined) return name;
    throw refuse('project_unavailable', 'not_configured');
  }
}

@Module({ controllers: [HssController] })
export class HssModule {}

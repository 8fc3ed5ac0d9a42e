import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { idempotencyKeyOf } from '../http/request-pipes.js';
import { OperationsService } from '../operations/operations.service.js';
import { familyCall } from './calls.js';
import { answerAsUpstream } from './change.controller.js';
import { commandOf } from './operate.translator.js';
import { operateBodyOf } from './operate-request.pipe.js';
import { Projects } from './projects.js';
import { familyQueryOf } from './query.pipe.js';

const CALL = familyCall('ChangeEvent');

/** Upstream's own call to handle alarms, for apps that were written for HSS: an operation like any other. */
@Controller('v5/:project_id')
@ApiExcludeController()
export class HssController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly projects: Projects,
    private readonly operations: OperationsService,
  ) {}

  @Post(CALL.path)
  @Access('act', { acts: true, asUpstream: true })
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
    const { enterpriseProjectId, pairs } = familyQueryOf(CALL, raw.url ?? '');
    const callBody = operateBodyOf(body, this.config.dropIn.passUnknownFields);
    const project = await this.projects.nameOf(projectId, 'act', context);
    // An empty value is legal in some of upstream's documents, and says nothing.
    const container = Object.fromEntries(pairs.filter(([, value]) => value !== ''));
    const { container_id: containerId, container_name: containerName } = container;
    const command = commandOf(
      callBody,
      {
        project,
        ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
        ...(containerId !== undefined && { containerId }),
        ...(containerName !== undefined && { containerName }),
      },
      {
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(signature !== undefined && { signature }),
      },
    );
    return answerAsUpstream(reply, await this.operations.handle(command, context));
  }
}

import { Body, Controller, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../../domain/caller.js';
import { Access, Context } from '../../http/auth.hook.js';
import { OpenApi } from '../../http/openapi.decorator.js';
import { NoParametersGuard, ValidatedBody, prefersNotToWait } from '../../http/request-pipes.js';
import { OperationsService } from '../operations.service.js';
import { answer } from '../receipts/receipt.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';
import { scheduleOf } from '../prepare/operation.translator.js';
import { PlanDto } from './plan.dto.js';
import { ApplyRequestDto, PlanRequestDto } from './plan-request.dto.js';
import { PlanRequestPipe } from './plan-request.pipe.js';
import { PlansService } from './plans.service.js';

@Controller('v1/plans')
export class PlansController {
  constructor(
    private readonly plans: PlansService,
    private readonly operations: OperationsService,
  ) {}

  /**
   * Make a plan.
   *
   * @remarks
   * Finds the alarms that a selector means and keeps the exact list, with a verdict for each: whether upstream says that it takes the
   * operation, whether you may, and whether the guard rails let it through. Nothing is done. What you may not read is not found.
   */
  @Post()
  @Access('act')
  @UseGuards(NoParametersGuard)
  @HttpCode(201)
  @OpenApi('makePlan', { 201: PlanDto }, PlanRequestDto)
  make(@Body(PlanRequestPipe) request: PlanRequestDto, @Context() context: CallContext): Promise<PlanDto> {
    return this.plans.make(request, context);
  }

  /**
   * Find a plan.
   *
   * @remarks
   * The list as it was found, and whether it was applied. For a day after it expired.
   */
  @Get(':id')
  @Access('act')
  @UseGuards(NoParametersGuard)
  @OpenApi('findPlan', { 200: PlanDto })
  find(@Param('id') id: string, @Context() context: CallContext): Promise<PlanDto> {
    return this.plans.find(id, context);
  }

  /**
   * Apply a plan.
   *
   * @remarks
   * Acts on exactly the alarms that the plan accepted, never on one that came later; everything that decides about an operation
   * decides about this one. It happens once: asked again, it is answered with what came of the first time, as it is known now, and
   * `Idempotency-Replayed: true`. The digest says that you mean the list that you saw.
   */
  @Post(':id/apply')
  @Access('act', { acts: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @OpenApi('applyPlan', { 200: ReceiptDto, 202: ReceiptDto, 207: ReceiptDto }, ApplyRequestDto)
  async apply(
    @Param('id') id: string,
    @ValidatedBody(ApplyRequestDto) request: ApplyRequestDto,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    const command = await this.plans.commandFor(id, request.digest, context);
    const result = await this.operations.handle(
      { ...command, ...scheduleOf({}, prefersNotToWait(reply.request.raw)) },
      context,
    );
    return answer(reply, result);
  }
}

import { Controller, Get, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard, ValidatedBody } from '../http/request-pipes.js';
import { HoldDto, HoldListDto, HoldRequestDto, ReleasedHoldDto, targetViolations } from './hold.dto.js';
import { HoldsService } from './holds.service.js';

const ValidatedHold = () => ValidatedBody(HoldRequestDto, { between: targetViolations });

@Controller('v1/audit/holds')
export class HoldsController {
  constructor(private readonly holds: HoldsService) {}

  /**
   * List legal holds.
   *
   * @remarks
   * Those that are in effect, oldest first. It takes the right `audit` in every project.
   */
  @Get()
  @Access('audit')
  @UseGuards(NoParametersGuard)
  @OpenApi('listHolds', { 200: HoldListDto })
  list(@Context() context: CallContext): Promise<HoldListDto> {
    return this.holds.list(context);
  }

  /**
   * Set a legal hold.
   *
   * @remarks
   * Records of an operation, or of everything that a caller did or was refused, are not moved to archives while it is in effect, nor is what
   * was recorded after them. What is in an archive already stays there. Where it is in effect already, the answer is 200 with what is there.
   * It takes the right `audit` in every project, and `approve`.
   */
  @Post()
  @Access('approve')
  @UseGuards(NoParametersGuard)
  @HttpCode(201)
  @OpenApi('setHold', { 200: HoldDto, 201: HoldDto }, HoldRequestDto)
  async set(
    @ValidatedHold() request: HoldRequestDto,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HoldDto> {
    const { hold, isNew } = await this.holds.set(request, context);
    if (!isNew) reply.status(200);
    return hold;
  }

  /**
   * Release a legal hold.
   *
   * @remarks
   * Its records may be moved to archives from then on. Who released it, and why, is recorded. Callers do not release a hold on what they did
   * themselves. It takes the right `audit` in every project, and `approve`.
   */
  @Post('release')
  @Access('approve')
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @OpenApi('releaseHold', { 200: ReleasedHoldDto }, HoldRequestDto)
  release(
    @ValidatedHold() request: HoldRequestDto,
    @Context() context: CallContext,
  ): Promise<ReleasedHoldDto> {
    return this.holds.release(request, context);
  }
}

import { Controller, Get, HttpCode, Module, Param, Post, UseGuards } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard } from '../http/request-pipes.js';
import { BrakeListDto, ResumedBrakeDto } from './brake.dto.js';
import { BrakesService } from './brakes.service.js';

@Controller('v1/brakes')
export class BrakesController {
  constructor(private readonly brakes: BrakesService) {}

  /**
   * List engaged brakes.
   *
   * @remarks
   * A caller whose destructive operations reach more hosts within an hour than it may, or that puts more on whitelists, has its
   * brake engaged: both wait until somebody else resumes them. Everything else that the caller does goes on, taking back above all.
   */
  @Get()
  @Access('approve')
  @UseGuards(NoParametersGuard)
  @OpenApi('listBrakes', { 200: BrakeListDto })
  list(): Promise<BrakeListDto> {
    return this.brakes.list();
  }

  /**
   * Resume a caller's destructive operations.
   *
   * @remarks
   * Releases the brake; what was reached before no longer counts. Who did so is recorded. Callers do not release their own brake.
   */
  @Post(':caller/resume')
  @Access('approve', { bodyMayBeMissing: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(200)
  @OpenApi('resumeBrake', { 200: ResumedBrakeDto })
  resume(@Param('caller') caller: string, @Context() context: CallContext): Promise<ResumedBrakeDto> {
    return this.brakes.resume(caller, context);
  }
}

@Module({ controllers: [BrakesController], providers: [BrakesService] })
export class BrakesModule {}

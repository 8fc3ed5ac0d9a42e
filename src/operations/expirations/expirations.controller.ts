import { Controller, Get, Module } from '@nestjs/common';

import type { CallContext } from '../../domain/caller.js';
import { Access, Context } from '../../http/auth.hook.js';
import { OpenApi } from '../../http/openapi.decorator.js';
import { ValidatedQuery } from '../../http/request-pipes.js';
import { ExpirationPageDto, ExpirationQueryDto } from './expiration.dto.js';
import { ExpirationsService } from './expirations.service.js';

@Controller('v1/expirations')
export class ExpirationsController {
  constructor(private readonly expirations: ExpirationsService) {}

  /**
   * List expirations.
   *
   * @remarks
   * Your operations that were asked for with `expiresAt`, by the time at which the gateway takes them back, and how far that is. Take
   * one back earlier with `POST /v1/operations/{id}/undo`: there is nothing left to do then when its time comes.
   */
  @Get()
  @Access('read')
  @OpenApi('listExpirations', { 200: ExpirationPageDto })
  list(
    @ValidatedQuery(ExpirationQueryDto) query: ExpirationQueryDto,
    @Context() context: CallContext,
  ): Promise<ExpirationPageDto> {
    return this.expirations.list(query, context.caller);
  }
}

@Module({ controllers: [ExpirationsController], providers: [ExpirationsService] })
export class ExpirationsModule {}

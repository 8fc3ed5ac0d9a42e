import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { Access, Context } from '../../http/access.js';
import type { CallContext } from '../../domain/caller.js';
import { answer } from './answer.js';
import { OperationRequestDto } from './operation-request.dto.js';
import { OperationRequestPipe } from './operation-request.pipe.js';
import { OperationsService } from './operations.service.js';
import { ReceiptDto, ReceiptPageDto } from './receipt.dto.js';
import { ReceiptsService } from './receipts.service.js';

@Controller('v1/operations')
export class OperationsController {
  constructor(
    private readonly operations: OperationsService,
    private readonly receipts: ReceiptsService,
  ) {}

  @Post()
  @Access('caller')
  @HttpCode(200)
  async handle(
    @Body(OperationRequestPipe) request: OperationRequestDto,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto> {
    return answer(reply, await this.operations.handle(request, context));
  }

  @Get(':id')
  @Access('caller')
  find(@Param('id') id: string, @Context() context: CallContext): Promise<ReceiptDto> {
    return this.receipts.find(id, context.caller);
  }

  @Get()
  @Access('caller')
  list(@Query() query: unknown, @Context() context: CallContext): Promise<ReceiptPageDto> {
    return this.receipts.list(query, context.caller);
  }
}

import { Controller, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../../domain/caller.js';
import { Access, Context } from '../../http/auth.hook.js';
import { addressOf } from '../../http/identity/authentication.js';
import { CallerAccess } from '../../http/identity/caller-directory.js';
import { OpenApi } from '../../http/openapi.decorator.js';
import { NoParametersGuard } from '../../http/request-pipes.js';
import { ProgressService } from './progress.service.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';

@Controller('v1/operations')
export class ProgressController {
  constructor(
    private readonly progress: ProgressService,
    private readonly standing: CallerAccess,
  ) {}

  /**
   * Follow an operation.
   *
   * @remarks
   * Server-sent events: `chunk` for each part of at most 100 alarms whose outcome is known, those that were known before included, and
   * `end` with the operation's status, after which the connection ends. Lines of a colon alone say that the connection stands.
   * A client that comes back with `Last-Event-ID` gets only what it has not seen.
   */
  @Get(':id/events')
  @Access('read', { follows: true })
  @UseGuards(NoParametersGuard)
  @OpenApi('followOperation')
  async follow(
    @Param('id') id: string,
    @Context() context: CallContext,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const last = reply.request.headers['last-event-id'];
    if (last === 'end') return void reply.status(204).send();
    const seen = /^\d{1,6}$/.test(String(last)) ? Number(last) : 0;
    const mayRead = this.standing.of(context, 'read', addressOf(reply.request));
    const events = await this.progress.follow(id, seen, context.caller, mayRead);
    // Nobody reads them then: they would be made until the operation ends.
    if (reply.request.method === 'HEAD') events.destroy();
    void reply
      .header('Content-Type', 'text/event-stream; charset=utf-8')
      .header('X-Accel-Buffering', 'no')
      // Nothing else comes over it, and a shutdown must not wait for it.
      .header('Connection', 'close')
      .send(events);
  }

  /**
   * Cancel an operation.
   *
   * @remarks
   * Of an operation that goes on in the background: it stops before its next chunk, and what was not sent is `not_attempted` with
   * the reason `cancelled`. What was sent is not undone. The record names who cancelled.
   */
  @Post(':id/cancel')
  @Access('act', { acts: true, bodyMayBeMissing: true })
  @UseGuards(NoParametersGuard)
  @HttpCode(202)
  @OpenApi('cancelOperation', { 202: ReceiptDto })
  cancel(@Param('id') id: string, @Context() context: CallContext): Promise<ReceiptDto> {
    return this.progress.cancel(id, context);
  }
}

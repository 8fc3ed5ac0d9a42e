import { Body, Controller, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import {
  NoParametersGuard,
  ValidatedBody,
  ValidatedQuery,
  idempotencyKeyOf,
  prefersNotToWait,
} from '../http/request-pipes.js';
import { windowViolations } from '../lists/filter-fields.js';
import { OperationsService } from './operations.service.js';
import { UndoService } from './undo/undo.service.js';
import { answer } from './receipts/receipt.js';
import { OutcomesQueryDto, OperationQueryDto } from './receipts/receipt-query.dto.js';
import { OperationRequestDto } from './prepare/operation-request.dto.js';
import { OPERATION_REQUESTS } from './prepare/operation-request.types.js';
import { OperationRequestPipe } from './prepare/operation-request.pipe.js';
import { DryRunDto, DryRunQueryDto } from './dry-run/dry-run.dto.js';
import { dryRunOf } from './dry-run/dry-run.service.js';
import {
  ReceiptAlarmPageDto,
  ReceiptDto,
  ReceiptItemPageDto,
  ReceiptPageDto,
} from './receipts/receipt.dto.js';
import { requestedCommand, scheduleOf } from './prepare/operation.translator.js';
import { UndoRequestDto } from './undo/undo-request.dto.js';
import { ReceiptsService } from './receipts/receipts.service.js';

@Controller('v1/operations')
export class OperationsController {
  constructor(
    private readonly operations: OperationsService,
    private readonly undos: UndoService,
    private readonly receipts: ReceiptsService,
  ) {}

  /**
   * Handle alarms.
   *
   * @remarks
   * The intent is written down before the first byte goes upstream, and the outcome before the answer. More than 100 alarms go
   * upstream in several exchanges, one after the other: a refused one does not stop the others, one that ends unknown does.
   * An answer of 200 means that every alarm is as you wanted it; 207 that their outcomes differ; anything else is a problem whose
   * `outcome`, where there is one, says what became of the operation.
   *
   * Name the alarms in full in `alarms`, or by their ids in `alarmIds`: these are looked up, and handled with what upstream lists of
   * them when all of them are there, take the operation and leave no choice to make; otherwise nothing is done, and `violations`
   * say why for each.
   *
   * Send an `Idempotency-Key`, and the same request under it is never carried out twice: it is answered with what came of the
   * first, as it is known now, and `Idempotency-Replayed: true`. Without one, a request like one of yours that still runs joins
   * it and is answered with `Idempotency-Joined: true`.
   *
   * Send `Prefer: respond-async` where you do not want to wait: the answer is 202 once the intent is written down, and the
   * operation continues in the background, also when this connection or the gateway's process ends.
   *
   * With `dryRun=true` nothing is done and nothing recorded: the answer says what would come of the request, by your grants and
   * limits, the guard rails and upstream's state, and shows the requests that would be sent. What would be refused is refused.
   */
  @Post()
  @Access('act', { acts: true })
  @HttpCode(200)
  @OpenApi(
    'handleAlarms',
    { 200: [ReceiptDto, DryRunDto], 202: ReceiptDto, 207: ReceiptDto },
    { field: 'operation', types: OPERATION_REQUESTS },
  )
  async handle(
    @Body(OperationRequestPipe) request: OperationRequestDto & { readonly expiresAt?: string | number },
    @ValidatedQuery(DryRunQueryDto) { dryRun }: DryRunQueryDto,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto | DryRunDto> {
    const { raw } = reply.request;
    const asked = requestedCommand(request, idempotencyKeyOf(raw));
    const command = { ...asked, ...scheduleOf(request, prefersNotToWait(raw)) };
    if (dryRun === 'true') return dryRunOf(await this.operations.dryRun(command, context));
    const result = await this.operations.handle(command, context);
    return answer(reply, result);
  }

  /**
   * Undo an operation.
   *
   * @remarks
   * Sends the inverse for exactly the alarms that the operation changed, with the fields that were sent then, even weeks later:
   * alarms that had the wanted state before, were refused, or whose outcome is unknown, are left alone, and so is what an earlier
   * undo has reversed. It is an operation of its own, with a receipt, and can be undone itself. You need a grant for the inverse.
   */
  @Post(':id/undo')
  @Access('act', { acts: true, bodyMayBeMissing: true })
  @HttpCode(200)
  @OpenApi(
    'undoOperation',
    { 200: [ReceiptDto, DryRunDto], 202: ReceiptDto, 207: ReceiptDto },
    UndoRequestDto,
  )
  async undo(
    @Param('id') id: string,
    @ValidatedBody(UndoRequestDto, { mayBeMissing: true }) request: UndoRequestDto,
    @ValidatedQuery(DryRunQueryDto) { dryRun }: DryRunQueryDto,
    @Context() context: CallContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceiptDto | DryRunDto> {
    const idempotencyKey = idempotencyKeyOf(reply.request.raw);
    const options = { ...request, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    const asked = await this.undos.commandFor(id, options, context);
    const command = { ...asked, ...scheduleOf({}, prefersNotToWait(reply.request.raw)) };
    if (dryRun === 'true') return dryRunOf(await this.operations.dryRun(command, context));
    const result = await this.operations.handle(command, context);
    return answer(reply, result);
  }

  /**
   * Find one operation.
   *
   * @remarks
   * Answers the receipt as it stands now, to the caller who made the operation, and to those who may audit where it acted. Of more
   * than 1,000 alarms, or items, it shows the first 1,000, how many came to which outcome, and a `nextCursor` for the rest.
   */
  @Get(':id')
  @Access('read')
  @UseGuards(NoParametersGuard)
  @OpenApi('findOperation', { 200: ReceiptDto })
  find(@Param('id') id: string, @Context() context: CallContext): Promise<ReceiptDto> {
    return this.receipts.find(id, context.caller);
  }

  /**
   * List the alarms of an operation.
   *
   * @remarks
   * Each alarm of the receipt and what became of it, in the order of the request; `outcome` narrows. Pass `nextCursor` as `cursor`
   * for the next page; it is absent at the end. Of an operation on items there are none.
   */
  @Get(':id/alarms')
  @Access('read')
  @OpenApi('listOperationAlarms', { 200: ReceiptAlarmPageDto })
  alarms(
    @Param('id') id: string,
    @ValidatedQuery(OutcomesQueryDto) query: OutcomesQueryDto,
    @Context() context: CallContext,
  ): Promise<ReceiptAlarmPageDto> {
    return this.receipts.alarms(id, query, context.caller);
  }

  /**
   * List the items of an operation.
   *
   * @remarks
   * Each item of the receipt and what became of it, where the operation was on items of a list: whitelist entries, files, addresses.
   * In all else as of alarms.
   */
  @Get(':id/items')
  @Access('read')
  @OpenApi('listOperationItems', { 200: ReceiptItemPageDto })
  items(
    @Param('id') id: string,
    @ValidatedQuery(OutcomesQueryDto) query: OutcomesQueryDto,
    @Context() context: CallContext,
  ): Promise<ReceiptItemPageDto> {
    return this.receipts.items(id, query, context.caller);
  }

  /**
   * List operations.
   *
   * @remarks
   * Your own operations, or with `caller` those of others where you may audit, newest first; every parameter narrows. Receipts are
   * short: how many alarms came to which outcome; `view=full` shows them as they are found alone. Pass `nextCursor` as
   * `cursor` for the next page; it is absent at the end. A page may be shorter than `limit` and still have one.
   */
  @Get()
  @Access('read')
  @OpenApi('listOperations', { 200: ReceiptPageDto })
  list(
    @ValidatedQuery(OperationQueryDto, windowViolations) query: OperationQueryDto,
    @Context() context: CallContext,
  ): Promise<ReceiptPageDto> {
    return this.receipts.list(query, context.caller);
  }
}

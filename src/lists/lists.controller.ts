import { Body, Controller, Get, HttpCode, Inject, Post, Res, UseGuards, type Type } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import {
  idempotencyKeyOf,
  NoParametersGuard,
  ValidatedQuery,
  withScopeAsText,
} from '../http/request-pipes.js';
import { answer } from '../operations/receipts/receipt.js';
import { ReceiptDto } from '../operations/receipts/receipt.dto.js';
import type { ListChange, ListDescriptor } from './list-descriptor.js';
import { classesOf, type ItemsRequestDto, type ListClasses } from './list.dto.js';
import { listQueryViolations, type ListQuery } from './list-query.js';
import { ListsService } from './lists.service.js';

const PAGING =
  'Pass `nextCursor` as `cursor` for the next page, with all else as it was; it is absent at the end.';
const RECORDED =
  'An operation like any other: written down before the first byte goes upstream, with a receipt.';

/** The routes of a list: reading it, and each thing that can be done to its entries. */
export function controllersOf(descriptor: ListDescriptor): Type[] {
  const classes = classesOf(descriptor);
  return [
    listRoute(descriptor, classes),
    ...[...classes.requests].map(([change, request]) => changeRoute(descriptor, change, request)),
  ];
}

function listRoute(descriptor: ListDescriptor, { query: type, page }: ListClasses): Type {
  const { path, summary, remarks } = descriptor;

  // The names of the classes are those of the document's tags.
  @Controller('v1')
  class ListsController {
    constructor(@Inject(ListsService) private readonly lists: ListsService) {}

    @Get(path)
    @Access('read')
    @ApiOperation({ summary, description: `${remarks} ${PAGING}` })
    @OpenApi(descriptor.operationId, { 200: page })
    list(
      @ValidatedQuery(type, (query) => listQueryViolations(descriptor, query)) query: ListQuery,
      @Context() context: CallContext,
    ): unknown {
      return this.lists.list(descriptor, query, context);
    }
  }
  // The document takes the parameters from the class of the query, which the compiler cannot note here.
  Reflect.defineMetadata('design:paramtypes', [type, Object], ListsController.prototype, 'list');
  return ListsController;
}

function changeRoute(descriptor: ListDescriptor, change: ListChange, type: new () => ItemsRequestDto): Type {
  const { summary, remarks } = change;

  @Controller('v1')
  class ItemsController {
    constructor(@Inject(ListsService) private readonly lists: ListsService) {}

    @Post(`${descriptor.path}/${change.path}`)
    @Access('act', { acts: true })
    @UseGuards(NoParametersGuard)
    @HttpCode(200)
    @ApiOperation({ summary, description: `${RECORDED} ${remarks}` })
    @OpenApi(change.operationId, { 200: ReceiptDto, 207: ReceiptDto }, type)
    async change(
      @Body() body: unknown,
      @Context() context: CallContext,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<unknown> {
      const key = idempotencyKeyOf(reply.request.raw);
      const result = await this.lists.change(descriptor, change, type, withScopeAsText(body), key, context);
      return answer(reply, result);
    }
  }
  return ItemsController;
}

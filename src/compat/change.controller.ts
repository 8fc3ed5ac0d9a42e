import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Res,
  type Type,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { RequestedScope } from '../access/grants.js';
import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { FilterOperation, ListOperation } from '../domain/operation-type.js';
import { Access, Context } from '../http/auth.hook.js';
import { idempotencyKeyOf } from '../http/request-pipes.js';
import { UPSTREAM_JSON } from '../http/upstream-problem.js';
import { LISTS } from '../lists/index.js';
import type { OperationCommand } from '../operations/operation-command.js';
import type { OperationResult } from '../operations/operation-result.js';
import { OperationsService } from '../operations/operations.service.js';
import { setIdempotencyHeaders } from '../operations/receipts/receipt.js';
import type { FamilyCall, Offer } from './calls.js';
import { changeReader, readBatch, type ChangeBody } from './change-request.pipe.js';
import { changeCommandOf, filterCommandOf, type ChangeContext } from './change.translator.js';
import { FilterGrants } from './filter-grants.js';
import { commandOf, operateAnswer } from './operate.translator.js';
import { operateBodyOf } from './operate-request.pipe.js';
import { Projects } from './projects.js';
import { familyQueryOf, type FamilyQuery } from './query.pipe.js';

/** Answers an act as upstream would have, with the receipt's id beside it. @throws RelayedProblem where not all of it is done */
function answerAsUpstream(reply: FastifyReply, handled: OperationResult): string {
  const { operationId } = handled.trail.intent;
  reply.request.operationId = operationId;
  setIdempotencyHeaders(reply, handled);
  void reply.headers({ 'X-Operation-Id': operationId, 'Content-Type': UPSTREAM_JSON });
  return operateAnswer(handled);
}

export const METHODS = { GET: Get, POST: Post, PUT: Put, DELETE: Delete } as const;

type ChangeOffer = Extract<Offer, { kind: 'operate' | 'change' | 'batch' }>;

/** Makes a command of a body. @param passUnknown whether members that upstream's contract does not have are let through */
type Reader = (body: unknown, passUnknown: boolean) => (context: ChangeContext) => OperationCommand;

/** The route of a call that changes something: an operation like any other. */
export function changeRoute(call: FamilyCall, offer: ChangeOffer): Type {
  const read = readerOf(offer);
  const Method = METHODS[call.method];

  @Controller('v5/:project_id')
  @ApiExcludeController()
  class ChangeController {
    constructor(
      @Inject(CONFIG) private readonly config: Config,
      @Inject(Projects) private readonly projects: Projects,
      @Inject(FilterGrants) private readonly filters: FilterGrants,
      @Inject(OperationsService) private readonly operations: OperationsService,
    ) {}

    @Method(call.path)
    @Access('act', { acts: true, asUpstream: true })
    @HttpCode(200)
    async change(
      @Param('project_id') projectId: string,
      @Body() body: unknown,
      @Context() context: CallContext,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<string> {
      const { raw } = reply.request;
      const idempotencyKey = idempotencyKeyOf(raw);
      const { signature } = context;
      const query = familyQueryOf(call, raw.url ?? '');
      const commandIn = read(body, this.config.dropIn.passUnknownFields);
      const project = await this.projects.nameOf(projectId, 'act', context);
      const command = commandIn({
        route: `${call.method} /v5/{project_id}/${call.path}`,
        scope: { project, ...scopeIn(query) },
        deduplication: {
          ...(idempotencyKey !== undefined && { idempotencyKey }),
          ...(signature !== undefined && { signature }),
        },
      });
      this.filters.require(command, context.caller);
      return answerAsUpstream(reply, await this.operations.handle(command, context));
    }
  }
  return ChangeController;
}

/** Where a call acts besides its project. An empty value is legal in some of upstream's documents, and says nothing. */
function scopeIn({ enterpriseProjectId, pairs }: FamilyQuery): Omit<RequestedScope, 'project'> {
  const said = new Map(pairs.filter(([, value]) => value !== ''));
  const [containerId, containerName] = [said.get('container_id'), said.get('container_name')];
  return {
    ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    ...(containerId !== undefined && { containerId }),
    ...(containerName !== undefined && { containerName }),
  };
}

function readerOf(offer: ChangeOffer): Reader {
  switch (offer.kind) {
    case 'operate':
      return (sent, passUnknown) => {
        const body = operateBodyOf(sent, passUnknown);
        return (context) => commandOf(body, context);
      };
    case 'batch':
      return batchReader(offer.operation);
    case 'change':
      return listReader(offer.operation, offer.all);
  }
}

function batchReader(operation: FilterOperation): Reader {
  return (sent, passUnknown) => {
    const body = readBatch(sent, passUnknown);
    return (context) => filterCommandOf(operation, body, context);
  };
}

function listReader(operation: ListOperation, all: FilterOperation | undefined): Reader {
  const found = LISTS.flatMap((list) => list.changes.map((change) => ({ list, change }))).find(
    ({ change }) => change.operation === operation,
  );
  if (!found) throw new Error(`no list has ${operation}`);
  const { list, change } = found;
  const read = changeReader(list, change, all !== undefined);
  return (sent, passUnknown) => {
    const body: ChangeBody = read(sent, passUnknown);
    return (context) =>
      all !== undefined && body.data_list === undefined
        ? filterCommandOf(all, body, context)
        : changeCommandOf(list, change, body, context);
  };
}

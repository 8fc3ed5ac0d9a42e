import { Controller, Get, Param } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { ValidatedQuery } from '../http/request-pipes.js';
import type { Violation } from '../problems/violation.js';
import {
  CheckpointPageDto,
  CheckpointQueryDto,
  ConsistencyDto,
  ConsistencyQueryDto,
  ProofDto,
  ProofQueryDto,
} from './proof.dto.js';
import { ProofsService } from './proofs.service.js';

@Controller('v1/operations')
export class ProofsController {
  constructor(private readonly proofs: ProofsService) {}

  /**
   * Prove an operation.
   *
   * @remarks
   * The records that its receipt is made of, byte by byte, the inclusion path of each, and the newest signed checkpoint of the trail,
   * which covers them: anyone who knows the gateway's public key can check them without the gateway (docs/audit.md). Where no checkpoint
   * covers the last record yet, one is signed, once a second at most. Of long operations it is a part; each part proves itself.
   */
  @Get(':id/proof')
  @Access('read')
  @OpenApi('proveOperation', { 200: ProofDto })
  find(
    @Param('id') id: string,
    @ValidatedQuery(ProofQueryDto) query: ProofQueryDto,
    @Context() context: CallContext,
  ): Promise<ProofDto> {
    return this.proofs.find(id, query, context.caller);
  }
}

@Controller('v1/audit/checkpoints')
export class CheckpointsController {
  constructor(private readonly proofs: ProofsService) {}

  /**
   * List checkpoints.
   *
   * @remarks
   * What was signed of the audit trail, newest first. A checkpoint holds nothing of the records, so a caller that may audit anything sees all
   * of them. Pass `nextCursor` as `cursor` for the next page; it is absent at the end.
   */
  @Get()
  @Access('audit')
  @OpenApi('listCheckpoints', { 200: CheckpointPageDto })
  list(@ValidatedQuery(CheckpointQueryDto) query: CheckpointQueryDto): Promise<CheckpointPageDto> {
    return this.proofs.checkpoints(query);
  }

  /**
   * Prove that nothing was changed between two checkpoints.
   *
   * @remarks
   * The consistency path from one checkpoint to a later one: with it and both of them anybody can check that the later one covers what
   * the earlier one does, each record as it was and where it was.
   */
  @Get('consistency')
  @Access('audit')
  @OpenApi('proveConsistency', { 200: ConsistencyDto })
  consistency(
    @ValidatedQuery(ConsistencyQueryDto, orderViolations) query: ConsistencyQueryDto,
  ): Promise<ConsistencyDto> {
    return this.proofs.consistency(query);
  }
}

function orderViolations({ from, to }: Partial<ConsistencyQueryDto>): Violation[] {
  if (!(Number(from) > Number(to))) return [];
  return [{ parameter: 'from', rule: 'order', message: 'from must not be larger than to' }];
}

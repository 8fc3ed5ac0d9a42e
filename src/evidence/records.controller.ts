import { Controller, Get, Header, Module, Param, UseGuards } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard, ValidatedQuery } from '../http/request-pipes.js';
import { windowViolations } from '../lists/filter-fields.js';
import { CheckpointsController, ProofsController } from './proofs.controller.js';
import { ProofsService } from './proofs.service.js';
import { ExportController } from './export.controller.js';
import { ExportService } from './export.service.js';
import { HoldsController } from './holds.controller.js';
import { HoldsService } from './holds.service.js';
import { RecordDto, RecordPageDto } from './record.dto.js';
import { RecordQueryDto } from './record-query.dto.js';
import { RecordsService } from './records.service.js';
import { VerificationController } from './verification.controller.js';

/** The service writes JSON itself. */
const AsJson = () => Header('Content-Type', 'application/json; charset=utf-8');

@Controller('v1/audit/records')
export class RecordsController {
  constructor(private readonly records: RecordsService) {}

  /**
   * List records of the audit trail.
   *
   * @remarks
   * Newest first; every parameter narrows. All records of an operation are found by who wanted it, on whose behalf, its type, and the
   * alarms and hosts it is about; so `host` and `operation` together answer who isolated what on that host, on whose word, and what
   * upstream answered. You see the records of operations where you may audit; all others, such as refusals and brakes, belong to no project, and
   * need the right in all of them. Pass `nextCursor` as `cursor` for the next page; it is absent at the end. A page may be shorter than
   * `limit`, and even empty, and still have one.
   */
  @Get()
  @Access('audit')
  @AsJson()
  @OpenApi('listRecords', { 200: RecordPageDto })
  list(
    @ValidatedQuery(RecordQueryDto, windowViolations) query: RecordQueryDto,
    @Context() context: CallContext,
  ): Promise<string> {
    return this.records.list(query, context.caller);
  }

  /**
   * Find one record of the audit trail.
   *
   * @remarks
   * By its place in the trail, with the very bytes over which its hash is made.
   */
  @Get(':sequence')
  @Access('audit')
  @UseGuards(NoParametersGuard)
  @AsJson()
  @OpenApi('findRecord', { 200: RecordDto })
  find(@Param('sequence') sequence: string, @Context() context: CallContext): Promise<string> {
    return this.records.find(sequence, context.caller);
  }
}

@Module({
  controllers: [
    RecordsController,
    ProofsController,
    CheckpointsController,
    ExportController,
    VerificationController,
    HoldsController,
  ],
  providers: [RecordsService, ProofsService, ExportService, HoldsService],
})
export class EvidenceModule {}

import { pipeline, type Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';

import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { addressOf } from '../http/identity/authentication.js';
import { CallerAccess } from '../http/identity/caller-directory.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { ValidatedQuery } from '../http/request-pipes.js';
import { windowViolations } from '../lists/filter-fields.js';
import { ExportQueryDto, type ExportFormat } from './export-query.dto.js';
import { ExportService } from './export.service.js';

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  ocsf: 'application/x-ndjson; charset=utf-8',
};
const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'ndjson',
  csv: 'csv',
  ocsf: 'ocsf.ndjson',
};

/** Of `first` and `last`, and of the times. */
function betweenParameters(query: object) {
  const { first, last, from, to } = query as ExportQueryDto;
  const isWrong = Number(first) > Number(last);
  return [
    ...windowViolations({ from, to }),
    ...(isWrong
      ? [{ parameter: 'first', rule: 'order', message: 'first must not be greater than last' }]
      : []),
  ];
}

@Controller('v1/audit/export')
export class ExportController {
  constructor(
    private readonly exports: ExportService,
    private readonly standing: CallerAccess,
  ) {}

  /**
   * Export a part of the audit trail.
   *
   * @remarks
   * Streamed in the order of the trail, up to the last record that there is when it begins. NDJSON can be verified by itself: it goes
   * from one checkpoint to another, so that it may begin before what you ask for and end behind it; lines that begin with `{"export":`
   * say what the records between them are proved by, and the last of these is `{"export":"end"`. Without it the export was cut off. Of
   * a record that you may not read it has the leaf hash alone. CSV and OCSF leave such records out, and have just what you ask for.
   */
  @Get()
  @Access('audit', { follows: true })
  @OpenApi('exportRecords')
  async export(
    @ValidatedQuery(ExportQueryDto, betweenParameters) query: ExportQueryDto,
    @Context() context: CallContext,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { format = 'ndjson' } = query;
    const { request } = reply;
    const isAllowed = this.standing.of(context, 'audit', addressOf(request));
    const records = await this.exports.stream(query, context.caller, isAllowed);
    if (request.method === 'HEAD') records.destroy();
    void reply
      .header('Content-Type', MEDIA_TYPES[format])
      .header('Content-Disposition', `attachment; filename="audit.${EXTENSIONS[format]}"`)
      .header('Vary', 'Accept-Encoding');
    void reply.send(takesGzip(request.headers['accept-encoding']) ? zipped(records, reply) : records);
  }
}

const GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+)\s*)?(?:,|$)/i;

function takesGzip(accepted: string | string[] = ''): boolean {
  const found = GZIP.exec(String(accepted));
  return found !== null && Number(found[1] ?? 1) > 0;
}

/** What cuts off the one cuts off the other. */
function zipped(records: Readable, reply: FastifyReply): Readable {
  void reply.header('Content-Encoding', 'gzip');
  return pipeline(records, createGzip({ level: constants.Z_BEST_SPEED }), () => undefined);
}

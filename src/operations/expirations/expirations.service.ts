import { Injectable } from '@nestjs/common';

import {
  type Expiration,
  EXPIRATION_ENDS,
  type ExpirationFilter,
  ExpirationStore,
  OperationStore,
  type OperationSummary,
} from '../../audit/index.js';
import type { Caller } from '../../domain/caller.js';
import { ExpirationRunner } from './expiration-runner.js';
import { limitOf, wordsOf } from '../../lists/filter-fields.js';
import {
  cursorAfter,
  ExpirationQueryDto,
  readCursor,
  type ExpirationDto,
  type ExpirationPageDto,
  type ExpirationStatus,
} from './expiration.dto.js';

/** Lists the operations that have an expiration; a caller sees its own. */
@Injectable()
export class ExpirationsService {
  constructor(
    private readonly expirations: ExpirationStore,
    private readonly operations: OperationStore,
    private readonly runner: ExpirationRunner,
  ) {}

  async list(query: ExpirationQueryDto, caller: Caller): Promise<ExpirationPageDto> {
    const { filter, fits, limit } = readQuery(query);
    const { items: page, next } = await this.expirations.list({ ...filter, caller: caller.id }, limit);
    const all: ExpirationDto[] = [];
    const summaries = await this.operations.summaries(page.map(({ operationId }) => operationId));
    const byId = new Map(summaries.map((summary) => [summary.asked.operationId, summary]));
    for (const expiration of page) all.push(await this.#shown(expiration, byId.get(expiration.operationId)));
    // Whether one was undone before its expiration shows only when its undos are read.
    const items = all.filter(({ status }) => fits(status));
    return { items, ...(next && { nextCursor: cursorAfter(next) }) };
  }

  async #shown(expiration: Expiration, summary: OperationSummary | undefined): Promise<ExpirationDto> {
    const { operationId, expiresAt } = expiration;
    if (!summary) throw new Error(`operation ${operationId} is gone from the trail`);
    const { asked, targets, undoneBy } = summary;
    // The undoings are read only where there are any.
    const end = undoneBy ? await this.runner.endOf(expiration) : expiration.end;
    return {
      operationId,
      operation: asked.operation,
      alarmCount: targets,
      expiresAt: new Date(expiresAt).toISOString(),
      status: end ?? 'scheduled',
      ...(undoneBy && { undoneBy: [...undoneBy] }),
    };
  }
}

/** What a query string asks for. */
interface AskedExpirations {
  readonly filter: Omit<ExpirationFilter, 'caller'>;
  /** Whether one of this status is asked for. */
  readonly fits: (status: ExpirationStatus) => boolean;
  readonly limit: number;
}

/** The filter and page that a query string asks for. */
export function readQuery(asked: ExpirationQueryDto): AskedExpirations {
  const { status, project, enterpriseProjectId } = asked;
  const after = readCursor(asked.cursor);
  const wanted = status === undefined ? undefined : new Set(wordsOf(status));
  return {
    filter: {
      ...(wanted && { ends: [null, ...EXPIRATION_ENDS].filter((end) => wanted.has(end ?? 'scheduled')) }),
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
      ...(after && { after }),
    },
    fits: (one) => wanted?.has(one) ?? true,
    limit: limitOf(asked),
  };
}

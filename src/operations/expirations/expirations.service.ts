import { Injectable } from '@nestjs/common';

import { ExpirationStore, type Expiration } from '../../audit/expiration.store.js';
import { OperationListStore } from '../../audit/operation-list.store.js';
import type { OperationSummary } from '../../audit/operation-state.js';
import type { Caller } from '../../domain/caller.js';
import { ExpirationService } from './expiry.service.js';
import type { ExpirationDto, ExpirationPageDto } from './expiration.dto.js';
import { cursorAfter } from './expiration-cursor.js';
import { readQuery } from './expiration-query.js';

/** Lists what is to be taken back; a caller sees its own. */
@Injectable()
export class ExpirationsService {
  constructor(
    private readonly expiries: ExpirationStore,
    private readonly lists: OperationListStore,
    private readonly expiry: ExpirationService,
  ) {}

  async list(query: unknown, caller: Caller): Promise<ExpirationPageDto> {
    const { filter, fits, limit } = readQuery(query);
    // One more than asked for tells whether there is another page.
    const found = await this.expiries.list({ ...filter, caller: caller.id }, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const all: ExpirationDto[] = [];
    const summaries = await this.lists.summaries(page.map(({ operationId }) => operationId));
    const byId = new Map(summaries.map((summary) => [summary.asked.operationId, summary]));
    for (const expiry of page) all.push(await this.#shown(expiry, byId.get(expiry.operationId)));
    // One that was taken back before its time is found out when it is looked at.
    const items = all.filter(({ status }) => fits(status));
    return { items, ...(found.length > limit && last && { nextCursor: cursorAfter(last) }) };
  }

  async #shown(expiry: Expiration, summary: OperationSummary | undefined): Promise<ExpirationDto> {
    const { operationId, expiresAt } = expiry;
    if (!summary) throw new Error(`operation ${operationId} is gone from the trail`);
    const { asked, targets, undoneBy } = summary;
    // What came of it is only read where somebody may have taken it back.
    const end = undoneBy ? await this.expiry.endOf(expiry) : expiry.end;
    return {
      operationId,
      operation: asked.operation,
      alarms: targets,
      expiresAt: new Date(expiresAt).toISOString(),
      status: end ?? 'scheduled',
      ...(undoneBy && { undoneBy: [...undoneBy] }),
    };
  }
}

import { Injectable } from '@nestjs/common';

import { ExpiryStore, type Expiry } from '../../audit/expiry.store.js';
import { OperationStore } from '../../audit/operation.store.js';
import { targetsOf } from '../../audit/targets.js';
import type { Caller } from '../../domain/caller.js';
import { ExpiryService } from '../../operations/expiry/expiry.service.js';
import type { ExpirationDto, ExpirationPageDto } from './expiration.dto.js';
import { cursorAfter } from './expiration-cursor.js';
import { readQuery } from './expiration-query.js';

/** Lists what is to be taken back; a caller sees its own. */
@Injectable()
export class ExpirationsService {
  constructor(
    private readonly expiries: ExpiryStore,
    private readonly operations: OperationStore,
    private readonly expiry: ExpiryService,
  ) {}

  async list(query: unknown, caller: Caller): Promise<ExpirationPageDto> {
    const { filter, limit } = readQuery(query);
    // One more than asked for tells whether there is another page.
    const found = await this.expiries.list({ ...filter, caller: caller.id }, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const all = await Promise.all(page.map((expiry) => this.#shown(expiry)));
    // One that was taken back before its time is found out when it is looked at.
    const items = all.filter(({ state }) => filter.end !== null || state === 'scheduled');
    return { items, ...(found.length > limit && last && { nextCursor: cursorAfter(last) }) };
  }

  async #shown(expiry: Expiry): Promise<ExpirationDto> {
    const { operationId, expiresAt } = expiry;
    const trail = await this.operations.find(operationId);
    if (!trail) throw new Error(`operation ${operationId} is gone from the trail`);
    const { intent, undoneBy } = trail;
    return {
      operationId,
      operation: intent.operation,
      alarms: targetsOf(intent).length,
      expiresAt: new Date(expiresAt).toISOString(),
      state: (await this.expiry.endOf(expiry)) ?? 'scheduled',
      ...(undoneBy && { undoneBy: [...undoneBy] }),
    };
  }
}

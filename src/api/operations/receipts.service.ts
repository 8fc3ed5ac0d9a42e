import { Injectable } from '@nestjs/common';

import { OperationStore } from '../../audit/operation.store.js';
import type { Caller } from '../../domain/caller.js';
import { ownOperation } from '../../operations/own-operation.js';
import { cursorAfter } from './cursor.js';
import { readQuery } from './operation-query.js';
import type { ReceiptDto, ReceiptPageDto } from './receipt.dto.js';
import { receiptOf } from './receipt.translator.js';

/** Reads receipts back; a caller reads its own. */
@Injectable()
export class ReceiptsService {
  constructor(private readonly store: OperationStore) {}

  /** @throws Problem 404, also for what belongs to another caller */
  async find(id: string, caller: Caller): Promise<ReceiptDto> {
    return receiptOf(await ownOperation(this.store, id, caller));
  }

  async list(query: unknown, caller: Caller): Promise<ReceiptPageDto> {
    const { filter, limit } = readQuery(query);
    // One more than asked for tells whether there is another page.
    const trails = await this.store.list({ ...filter, caller: caller.id }, limit + 1);
    const items = trails.slice(0, limit).map(receiptOf);
    const last = items.at(-1);
    return { items, ...(trails.length > limit && last && { nextCursor: cursorAfter(last.id) }) };
  }
}

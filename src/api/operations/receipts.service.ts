import { Injectable } from '@nestjs/common';

import type { OperationTrail } from '../../audit/audit-record.js';
import { OperationStore, type OperationFilter } from '../../audit/operation.store.js';
import type { Caller } from '../../domain/caller.js';
import { hasRight } from '../../domain/grants.js';
import { refusal } from '../../http/policy.js';
import { mayAudit, readableOperation } from '../../operations/own-operation.js';
import { cursorAfter } from './cursor.js';
import { readQuery } from './operation-query.js';
import type { ReceiptDto, ReceiptPageDto } from './receipt.dto.js';
import { receiptOf } from './receipt.translator.js';

const EVERYBODY = '*';
/** Where an auditor may read few of many operations, a page looks through so many times its own length. */
const MOST_BATCHES = 20;

/** Reads receipts back: a caller its own, an auditor everybody's. */
@Injectable()
export class ReceiptsService {
  constructor(private readonly store: OperationStore) {}

  /** @throws Problem 404, also for what the caller may not read */
  async find(id: string, caller: Caller): Promise<ReceiptDto> {
    return receiptOf(await readableOperation(this.store, id, caller));
  }

  /** @throws Problem 400, 403 */
  async list(query: unknown, caller: Caller): Promise<ReceiptPageDto> {
    const isAuditor = hasRight(caller, 'audit');
    const { filter, limit, caller: wanted = isAuditor ? EVERYBODY : caller.id } = readQuery(query);
    if (wanted === caller.id) return this.#page({ ...filter, caller: wanted }, limit, () => true);
    if (!isAuditor) throw refusal(caller, 'not_granted', 'the right audit');
    const others = wanted === EVERYBODY ? filter : { ...filter, caller: wanted };
    return this.#page(others, limit, (trail) => trail.intent.caller === caller.id || mayAudit(caller, trail));
  }

  async #page(
    filter: OperationFilter,
    limit: number,
    mayRead: (trail: OperationTrail) => boolean,
  ): Promise<ReceiptPageDto> {
    const found: OperationTrail[] = [];
    let { before } = filter;
    let isEnd = false;
    for (let batch = 0; batch < MOST_BATCHES && found.length <= limit && !isEnd; batch += 1) {
      // One more than asked for tells whether there is another page.
      const trails = await this.store.list({ ...filter, ...(before !== undefined && { before }) }, limit + 1);
      found.push(...trails.filter(mayRead));
      isEnd = trails.length <= limit;
      before = trails.at(-1)?.intent.operationId;
    }
    const items = found.slice(0, limit).map(receiptOf);
    const last = found.length > limit ? items.at(-1)?.id : isEnd ? undefined : before;
    return { items, ...(last !== undefined && { nextCursor: cursorAfter(last) }) };
  }
}

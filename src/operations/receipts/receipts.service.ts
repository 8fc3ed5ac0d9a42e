import { setImmediate as othersTurn } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import {
  isOperationId,
  OperationStore,
  type ArchivedOperation,
  type OperationKind,
} from '../../audit/index.js';
import type { Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { hasRight, mayReadOperation } from '../../access/grants.js';
import { refuse } from '../../problems/catalogue.js';
import { outcomesOf, receiptOf, receiptSummaryOf, shortened } from './receipt.js';
import type {
  ReceiptAlarmPageDto,
  ReceiptDto,
  ReceiptItemPageDto,
  ReceiptPageDto,
  ReceiptSummaryDto,
} from './receipt.dto.js';
import { ByteBound, cursorAfter, cursorAt } from './receipt-page.js';
import type { OutcomesQueryDto, OperationQueryDto } from './receipt-query.dto.js';
import { readOutcomesQuery, readQuery, type AskedOutcomes, type AskedReceipts } from './receipt-query.js';
import { CallerTurns, inSlices } from './turns.js';

const EVERYBODY = '*';
/** Receipts of more alarms, or items, are long: of these, and of full pages, so many are read for one caller at once. */
const MAX_SHORT = 100;
const MAX_LONG_AT_ONCE = 2;

/** Reads receipts back: a caller its own, an auditor everybody's. */
@Injectable()
export class ReceiptsService {
  readonly #turns = new CallerTurns(MAX_LONG_AT_ONCE);

  constructor(
    private readonly operations: OperationStore,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem 404, also for what the caller may not read */
  async find(id: string, caller: Caller): Promise<ReceiptDto> {
    const archived = await this.#archived(id, caller);
    return archived ? this.#remembered(id, archived) : shortened(await this.#receipt(id, caller));
  }

  /** The alarms of one receipt; none of one that is about items. @throws Problem 404 */
  async alarms(id: string, query: OutcomesQueryDto, caller: Caller): Promise<ReceiptAlarmPageDto> {
    const asked = readOutcomesQuery(query);
    const { alarms } = await this.#receipt(id, caller);
    return pageOf(alarms, asked);
  }

  /** The items of one receipt; none of one that is about alarms. @throws Problem 404 */
  async items(id: string, query: OutcomesQueryDto, caller: Caller): Promise<ReceiptItemPageDto> {
    const asked = readOutcomesQuery(query);
    const { items = [] } = await this.#receipt(id, caller);
    return pageOf(items, asked);
  }

  /** @throws Problem 403 */
  async list(query: OperationQueryDto, caller: Caller): Promise<ReceiptPageDto> {
    const asked = readQuery(query, this.clock.now());
    const isAuditor = hasRight(caller, 'audit');
    const { caller: wanted = isAuditor ? EVERYBODY : caller.id } = asked;
    if (wanted !== caller.id && !isAuditor)
      throw refuse('not_granted', { caller: caller.id, what: 'the right audit' });
    const readable = narrowed(asked, (kind) => mayReadOperation(caller, kind.caller, kind));
    const page = () => this.#page(wanted === EVERYBODY ? readable : ofCaller(readable, wanted));
    return asked.view === 'full' ? this.#turns.take(caller.id, page) : page();
  }

  /** Of the caller's own operation, or of any where it has the right to audit. @throws Problem 404 otherwise */
  async #receipt(id: string, caller: Caller): Promise<ReceiptDto> {
    const isLong = isOperationId(id) && (await this.operations.size(id)) > MAX_SHORT;
    return isLong ? this.#turns.take(caller.id, () => this.#read(id, caller)) : this.#read(id, caller);
  }

  async #read(id: string, caller: Caller): Promise<ReceiptDto> {
    const trail = await this.operations.find(id);
    if (trail && mayReadOperation(caller, trail.intent.caller, trail.intent.scope))
      return receiptOf(trail, await inSlices(outcomesOf(trail)));
    const archived = trail ? undefined : await this.#archived(id, caller);
    if (archived) throw refuse('operation_archived', archived.archive);
    throw refuse('operation_not_found');
  }

  /** Undefined: its records are in the trail, or it is not the caller's to read. */
  async #archived(id: string, caller: Caller): Promise<ArchivedOperation | undefined> {
    const archived = await this.operations.findArchived(id);
    return archived && mayReadOperation(caller, archived.caller, archived) ? archived : undefined;
  }

  /** What is known without the records. */
  async #remembered(id: string, { archive }: ArchivedOperation): Promise<ReceiptDto> {
    const [summary] = await this.operations.summaries([id]);
    if (!summary) throw refuse('operation_archived', archive);
    return { ...receiptSummaryOf(summary), alarms: [], exchanges: [], archive };
  }

  async #page({ filter, limit, view }: AskedReceipts): Promise<ReceiptPageDto> {
    const { ids, next } = await this.operations.page(filter, limit);
    const items: (ReceiptSummaryDto | ReceiptDto)[] = [];
    const bound = new ByteBound();
    for await (const item of view === 'full' ? this.#full(ids) : this.#summaries(ids)) {
      if (!bound.takes(item)) return { items, nextCursor: cursorAfter(items.at(-1)?.id ?? item.id) };
      items.push(item);
    }
    return { items, ...(next !== undefined && { nextCursor: cursorAfter(next) }) };
  }

  async *#summaries(ids: readonly string[]): AsyncGenerator<ReceiptSummaryDto> {
    for (const summary of await this.operations.summaries(ids)) yield receiptSummaryOf(summary);
  }

  /** One after the other, so that no more is read than goes on the page. */
  async *#full(ids: readonly string[]): AsyncGenerator<ReceiptSummaryDto | ReceiptDto> {
    for (const id of ids) {
      const trail = await this.operations.find(id);
      const archived = trail ? undefined : await this.operations.findArchived(id);
      if (trail) yield shortened(receiptOf(trail, await inSlices(outcomesOf(trail))));
      else if (archived) yield* this.#summaries([id]);
      // The database's answers come in one after the other as long as there are any: nothing else would get its turn between.
      await othersTurn();
    }
  }
}

function ofCaller(asked: AskedReceipts, caller: string): AskedReceipts {
  return { ...asked, filter: { ...asked.filter, caller } };
}

function narrowed(asked: AskedReceipts, fits: (kind: OperationKind) => boolean): AskedReceipts {
  const { filter } = asked;
  return { ...asked, filter: { ...filter, fits: (kind) => fits(kind) && (filter.fits?.(kind) ?? true) } };
}

/** A page of a receipt's alarms, or items. */
function pageOf<Entry extends { readonly outcome: string }>(
  all: readonly Entry[],
  { fits, start, limit }: AskedOutcomes,
): { items: Entry[]; nextCursor?: string } {
  const items: Entry[] = [];
  const bound = new ByteBound();
  for (let place = start; place < all.length; place += 1) {
    const entry = all[place];
    if (!entry || !fits(entry)) continue;
    if (items.length === limit || !bound.takes(entry)) return { items, nextCursor: cursorAt(place) };
    items.push(entry);
  }
  return { items };
}

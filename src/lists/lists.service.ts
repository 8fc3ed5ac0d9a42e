import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { compileCheck, type Check } from '../validation/compiled-check.js';
import type { OperationResult } from '../operations/operation-result.js';
import { OperationsService } from '../operations/operations.service.js';
import { refuse } from '../problems/catalogue.js';
import { itemIdOf, PAGE_ROWS, readEvents, type HssPlace, type ListedRow } from '../hss/index.js';
import { writeCursor, readListQuery, type AskedList, type ListQuery } from './list-query.js';
import { changeCommandOf, changeViolations, itemsViolations, type ChangeRequest } from './list-changes.js';
import type { ListChange, ListDescriptor } from './list-descriptor.js';
import { entryReader, mayRead, readPage, type Source, Readers } from './readers.js';
import type { ItemsRequestDto } from './list.dto.js';

/** A page of entries of any list. */
interface EntryPage {
  readonly items: readonly object[];
  readonly nextCursor?: string;
  readonly windowMoved?: true;
}

/** Reads lists of upstream's as far as the caller may read them, and takes requests to change them. */
@Injectable()
export class ListsService {
  readonly #maxItems: number;
  readonly #checks = new Map<ListChange, Check>();

  constructor(
    @Inject(CONFIG) { limits }: Config,
    private readonly readers: Readers,
    private readonly operations: OperationsService,
    private readonly clock: Clock,
  ) {
    this.#maxItems = limits.alarmsPerRequest;
  }

  /** @throws Problem 403, and in words that are true of reading when upstream cannot be read */
  async list(descriptor: ListDescriptor, query: ListQuery, context: CallContext): Promise<EntryPage> {
    const asked = readListQuery(descriptor, query, this.clock.now());
    const { limit, mark, digest, at } = asked;
    const place = await this.readers.placeOf(asked.wish, context);
    const page = await readPage(this.#source(descriptor, asked, place, context), limit, mark);
    const { rows, next, windowMoved } = page;
    const more = at === undefined ? [] : [at];
    return {
      items: rows.map(entryReader(descriptor)),
      ...(next && { nextCursor: writeCursor({ digest, mark: next, more }) }),
      ...(windowMoved && { windowMoved }),
    };
  }

  /** @throws Problem 400 with everything that is wrong, and what else keeps an operation from being done */
  change(
    descriptor: ListDescriptor,
    change: ListChange,
    type: new () => ItemsRequestDto,
    body: unknown,
    idempotencyKey: string | undefined,
    context: CallContext,
  ): Promise<OperationResult> {
    const isValid = this.#checks.get(change) ?? compileCheck(type);
    this.#checks.set(change, isValid);
    if (!isValid(body) || itemsViolations(descriptor, change, body, this.#maxItems).length > 0) {
      throw refuse('invalid_request', changeViolations(descriptor, change, type, body, this.#maxItems));
    }
    const command = changeCommandOf(descriptor, change, body as ChangeRequest, idempotencyKey);
    return this.operations.handle(command, context);
  }

  #source(
    { list, facts }: ListDescriptor,
    { filters }: AskedList,
    place: HssPlace,
    context: CallContext,
  ): Source<ListedRow> {
    return {
      read: (offset, limit) => {
        const call = readEvents(list, place, filters, { offset, limit, mostRows: PAGE_ROWS });
        return this.readers.rows(call, context);
      },
      nameOf: (row) => itemIdOf(list, row),
      shows: (row) => mayRead(context.caller, place, facts(row)),
    };
  }
}

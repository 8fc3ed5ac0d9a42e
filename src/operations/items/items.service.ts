import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { invalidRequest } from '../../problems/problem.js';
import type { OperationResult } from '../operation-result.js';
import { OperationsService } from '../operations.service.js';
import type { ItemKind } from './item-kinds.js';
import { itemCommandOf } from './item-command.js';
import type { ItemsRequestDto } from './item-requests.dto.js';
import { isItemsRequest, itemRequestViolations } from './item-rules.js';

/** Takes requests to change upstream's lists: operations like any other. */
@Injectable()
export class ItemsService {
  readonly #most: number;

  constructor(
    @Inject(CONFIG) { limits }: Config,
    private readonly operations: OperationsService,
  ) {
    this.#most = limits.alarmsPerRequest;
  }

  /** @throws Problem 400 with everything that is wrong, and whatever else keeps an operation from being done */
  handle<Item, Request extends ItemsRequestDto & { readonly items: readonly Item[] }>(
    kind: ItemKind<Item, Request>,
    body: unknown,
    idempotencyKey: string | undefined,
    context: CallContext,
  ): Promise<OperationResult> {
    if (!isItemsRequest(kind, body, this.#most)) {
      throw invalidRequest(itemRequestViolations(kind, body, this.#most));
    }
    return this.operations.handle(itemCommandOf(kind, body as Request, idempotencyKey), context);
  }
}

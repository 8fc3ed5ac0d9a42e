import { Inject, Injectable } from '@nestjs/common';

import { authorise } from '../access/grants.js';
import { CONFIG, type Config } from '../config/config.js';
import type { Caller } from '../domain/caller.js';
import { isFilterOperation, isOperationType, type OperationName } from '../domain/operation-type.js';
import type { OperationCommand } from '../operations/operation-command.js';
import { refuse } from '../problems/catalogue.js';
import { Problem } from '../problems/problem.js';

/** Whether callers may act on what nobody has looked at: by a grant that names it, and one for what is done to each alarm. */
@Injectable()
export class FilterGrants {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws Problem 403, with what to do instead where no grant names the operation */
  require(command: OperationCommand, caller: Caller): void {
    const { operation, items = [] } = command;
    if (!isFilterOperation(operation)) return;
    try {
      this.#authorise(operation, command, caller);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_granted') throw error;
      throw refuse('filter_not_granted', { caller: caller.id, operation });
    }
    const of = items[0]?.target['operation'];
    if (isOperationType(of)) this.#authorise(of, command, caller);
  }

  #authorise(operation: OperationName, { items = [], scope = {} }: OperationCommand, caller: Caller): void {
    // Nobody named them by their ids.
    const described = true as const;
    const alarms = items.map(({ eventType }) =>
      eventType === undefined ? { described } : { eventType, described },
    );
    authorise({ right: 'act', operation, alarms }, scope, caller, this.config.projects);
  }
}

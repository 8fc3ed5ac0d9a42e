import { Inject, Injectable } from '@nestjs/common';

import { alarmOutcomes } from '../../audit/alarm-outcomes.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { projectsWith } from '../../domain/grants.js';
import { isInDoubt } from '../../domain/outcome.js';
import { Problem } from '../../http/problem.js';
import type { Handled } from '../../operations/handled.js';
import { OperationsService } from '../../operations/operations.service.js';
import type { Order } from '../../operations/order.js';
import { operateBodyOf } from './operate-body.js';
import { orderOf } from './operate-order.js';
import { scopeWishOf } from './operate-query.js';
import { OperateProblem } from './upstream-problem.js';

/** One operate call as it came. */
export interface OperateCall {
  /** IAM project id. */
  readonly projectId: string;
  /** Path and query. */
  readonly url: string;
  readonly body: unknown;
  readonly once: Pick<Order, 'idempotencyKey' | 'signature'>;
}

/** Takes upstream's own operate call. */
@Injectable()
export class HssService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operations: OperationsService,
  ) {}

  /** @throws Problem when not all of it is done */
  async operate({ projectId, url, body, once }: OperateCall, context: CallContext): Promise<Handled> {
    const wish = scopeWishOf(url);
    const operateBody = operateBodyOf(body, this.config.dropIn?.passUnknownFields ?? false);
    const project = this.#projectOf(projectId, context.caller);
    const handled = await this.operations.handle(orderOf(operateBody, { ...wish, project }, once), context);
    const undone = alarmOutcomes(handled.trail).some(
      ({ outcome }) => outcome !== 'applied' && outcome !== 'already',
    );
    if (undone) throw problemOf(handled);
    return handled;
  }

  /** The gateway's name of a project; where several share an id, the first that the caller may act in. */
  #projectOf(projectId: string, caller: Caller): string {
    const all = [...this.config.projects.values()].filter((project) => project.projectId === projectId);
    const names = all.map(({ name }) => name);
    const [name = names[0]] = projectsWith(caller, 'act', names);
    if (name !== undefined) return name;
    throw new Problem(
      403,
      'project_unavailable',
      'The project is not one of this gateway. Nothing was done.',
    );
  }
}

const STILL_UNKNOWN = {
  code: 'outcome_unknown',
  status: 504,
  detail: 'Whether this was done is not known. Look at the alarms before trying again.',
  retryable: false,
};

function problemOf({ trail, fault = STILL_UNKNOWN }: Handled): OperateProblem {
  const { code, detail, retryable, retryAfter, upstream } = fault;
  // To a client of upstream, whatever leaves it in doubt is a gateway that got no answer.
  const status = alarmOutcomes(trail).some(({ outcome }) => isInDoubt(outcome)) ? 504 : fault.status;
  const extras = {
    operationId: trail.intent.operationId,
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  };
  return new OperateProblem([status, code, detail, extras], trail.chunks.at(-1)?.exchange?.status);
}

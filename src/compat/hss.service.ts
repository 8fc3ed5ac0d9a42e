import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext, Caller } from '../domain/caller.js';
import { projectsWith } from '../domain/grants.js';
import { Problem } from '../problems/problem.js';
import type { OperationResult } from '../operations/operation-result.js';
import { OperationsService } from '../operations/operations.service.js';
import type { OperationCommand } from '../operations/operation-command.js';
import { operateBodyOf } from './operate-body.js';
import { commandOf } from './operate-command.js';
import { requestedScopeOf } from './operate-query.js';

/** One operate call as it came. */
export interface OperateCall {
  /** IAM project id. */
  readonly projectId: string;
  /** Path and query. */
  readonly url: string;
  readonly body: unknown;
  readonly once: Pick<OperationCommand, 'idempotencyKey' | 'signature'>;
}

/** Takes upstream's own operate call. */
@Injectable()
export class HssService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operations: OperationsService,
  ) {}

  /** @throws Problem when nothing was done, and why */
  async operate({ projectId, url, body, once }: OperateCall, context: CallContext): Promise<OperationResult> {
    const wish = requestedScopeOf(url);
    const operateBody = operateBodyOf(body, this.config.dropIn.passUnknownFields);
    const project = this.#projectOf(projectId, context.caller);
    return this.operations.handle(commandOf(operateBody, { ...wish, project }, once), context);
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

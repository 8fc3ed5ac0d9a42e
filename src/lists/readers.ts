import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { authorise, type ScopeWish } from '../http/policy.js';
import { problemOfFault } from '../http/problem.js';
import { UpstreamClient, type UpstreamCall, faultOfRead } from '../upstream/index.js';

/** Where something is read. */
export interface Place {
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

/** The way to upstream for whoever only reads there. */
@Injectable()
export class Readers {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
  ) {}

  /**
   * Where a caller will read, if it may.
   *
   * @throws Problem 400 when no project is meant, 403 when it may not, 503 when the project's id is not known
   */
  async placeOf(wish: ScopeWish, context: CallContext): Promise<Place> {
    const parameter = { parameter: 'project' };
    const { scope, project } = authorise(
      { right: 'read' },
      wish,
      context.caller,
      this.config.projects,
      parameter,
    );
    const projectId = await this.upstream.projectId(project, context);
    if (typeof projectId !== 'string') throw problemOfFault(projectId);
    return { scope: { ...scope, projectId }, project };
  }

  /** The body of the answer to a call that only reads. @throws Problem in words that are true of reading */
  async read(call: UpstreamCall, context: CallContext): Promise<string> {
    const result = await this.upstream.send(call, context);
    if ('fault' in result) throw problemOfFault(faultOfRead(result.fault));
    return result.body;
  }
}

import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { authorise, type RequestedScope } from '../http/policy.js';
import { problemOfFault } from '../problems/problem.js';
import { faultOfRead, listingIn, type Listing } from '../hss/index.js';
import { UpstreamClient, type UpstreamCall } from '../upstream/index.js';
import { unreadableListing } from './unreadable-listing.js';

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
  async placeOf(wish: RequestedScope, context: CallContext): Promise<Place> {
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

  /**
   * One page of a listing.
   *
   * @param parse how its text is parsed, where that is not the usual way
   * @throws Problem in words that are true of reading, also for an answer that is no listing
   */
  async rows(call: UpstreamCall, context: CallContext, parse?: (text: string) => unknown): Promise<Listing> {
    const result = await this.upstream.send(call, context);
    if ('fault' in result) throw problemOfFault(faultOfRead(result.fault));
    const listing = listingIn(result.body, parse);
    if (!listing) throw unreadableListing('no_listing');
    return listing;
  }
}

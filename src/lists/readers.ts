import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config, type ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { authorise, type RequestedScope } from '../access/authorise.js';
import { problemOfFault, type Problem } from '../problems/problem.js';
import { faultOfRead, listingIn, UNREADABLE_READ, type Listing } from '../hss/index.js';
import { UpstreamClient, type UpstreamCall } from '../upstream/index.js';

/** Where something is read. */
export interface Place {
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

/** Reading upstream: where a caller may read, and the call itself. */
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

/**
 * Why a listing is not believed. What is not read is not known: it is never an empty list, and never "not listed".
 *
 * - `no_listing`: the answer is not one
 * - `not_whole`: its rows do not add up to the total that it names
 * - `without_id`: one of its rows has no id, so that it cannot be identified
 * - `not_proven`: it was read to its end, which does not prove that what was not seen is not there
 */
const WORDS = {
  no_listing: 'Upstream answered something that is not a listing, so what is listed is not known.',
  not_whole:
    "Upstream's listing gives fewer rows than the total that it names, so what is listed is not known.",
  without_id: "Upstream's listing has a row without an id, so what is listed is not known.",
  not_proven:
    "Upstream's listing could not be read as a whole: it names no total, has rows without an id, or changed while it was read. Whether an alarm that was not found is listed is not known.",
} as const;

/** The answer to a request for what such a listing holds. */
export function unreadableListing(why: keyof typeof WORDS): Problem {
  return problemOfFault({ ...UNREADABLE_READ, detail: `${WORDS[why]} Nothing was done; try again later.` });
}

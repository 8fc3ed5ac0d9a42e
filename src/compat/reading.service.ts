import { Inject, Injectable } from '@nestjs/common';

import { accessDenialOf, authorise, mayReadAll, readableEnterpriseProjects } from '../access/grants.js';
import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { ALL_GRANTED } from '../domain/scope.js';
import { MAX_OFFSET } from '../domain/upstream-words.js';
import {
  faultOfRead,
  familyRead,
  object,
  restAfter,
  UNREADABLE_READ,
  type HssPlace,
  type ListedRow,
  type Rest,
} from '../hss/index.js';
import { factsOf, mayRead } from '../lists/readers.js';
import { refuse } from '../problems/catalogue.js';
import { RelayedProblem } from '../problems/problem.js';
import type { Violation } from '../problems/violation.js';
import type { Fault } from '../domain/outcome.js';
import { UpstreamClient } from '../upstream/index.js';
import type { AnswerKind, FamilyCall } from './calls.js';
import { NarrowedAnswer } from './narrowed-answer.js';
import type { FamilyQuery } from './query.pipe.js';
import { Projects } from './projects.js';
import { withoutSecrets } from './secret-members.js';

/** What upstream answered, as far as its caller may see it. */
export interface Relayed {
  /** JSON. */
  readonly body: string;
  /** Upstream's id of the (last) request. */
  readonly requestId?: string;
}

/** What reading one enterprise project takes. */
type Reading = Omit<Call, 'places'> & { readonly place: HssPlace };

interface Call {
  readonly call: FamilyCall;
  readonly asked: FamilyQuery;
  readonly places: readonly HssPlace[];
  readonly context: CallContext;
}

/** So many rows of a list are read at most to find those that its caller may see. */
const MAX_ROWS = 5_000;
/** As many as upstream gives where nothing is asked for (contract 2.0). */
const DEFAULT_ROWS = 10;
/** Upstream finds no such alarm or rule there. */
const NOT_FOUND = 'HSS.0011';

/**
 * Carries out upstream's reading calls: answers are passed on as they are where the caller may see all of what was asked for, and
 * narrowed to what it is granted otherwise.
 */
@Injectable()
export class ReadingService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly projects: Projects,
    private readonly upstream: UpstreamClient,
  ) {}

  /** @throws Problem, of what upstream refused in its own words */
  async read(
    call: FamilyCall,
    projectId: string,
    asked: FamilyQuery,
    context: CallContext,
  ): Promise<Relayed> {
    const places = await this.#placesOf(projectId, asked, context);
    const [place] = places;
    const isWhole = places.every(({ scope }) => mayReadAll(context.caller, scope));
    if (place && places.length === 1 && (isWhole || answersOf(call) === 'words')) {
      const { body, requestId } = await this.#send({ call, asked, place, context }, asked.pairs);
      return { body: cleaned(body), ...(requestId !== undefined && { requestId }) };
    }
    const all = { call, asked, places, context };
    if (answersOf(call) === 'rows' || (answersOf(call) === 'entries' && isWhole)) return this.#rows(all);
    if (!isWhole && answersOf(call) !== 'words') {
      throw refuse('counts_not_granted', { caller: context.caller.id });
    }
    if (answersOf(call) === 'top') {
      const granted = places.map(({ scope }) => scope.enterpriseProjectId);
      throw refuse('enterprise_project_needed', { granted });
    }
    return this.#sum(all);
  }

  /** Where it is read: one place, or several where all that is granted is asked for and that is named one by one. @throws Problem */
  async #placesOf(
    projectId: string,
    { enterpriseProjectId }: FamilyQuery,
    context: CallContext,
  ): Promise<HssPlace[]> {
    const { caller } = context;
    const name = await this.projects.nameOf(projectId, 'read', context);
    const isAll = enterpriseProjectId === ALL_GRANTED;
    const isGranted = !accessDenialOf(caller, {
      right: 'read',
      project: name,
      enterpriseProjectId: ALL_GRANTED,
    });
    const named = isAll && !isGranted ? readableEnterpriseProjects(caller, name) : [];
    const wished = named.length > 0 ? named : [enterpriseProjectId];
    return wished.map((each) => {
      const wish = { project: name, ...(each !== undefined && { enterpriseProjectId: each }) };
      const { scope, project } = authorise({ right: 'read' }, wish, caller, this.config.projects, {
        parameter: 'enterprise_project_id',
      });
      return { project, scope: { ...scope, projectId } };
    });
  }

  /** A page of the rows that the caller may see: all of the list is read, because upstream counts and pages the others too. */
  async #rows({ call, asked, places, context }: Call): Promise<Relayed> {
    const paging = pagingOf(call, asked);
    const answer = new NarrowedAnswer();
    let read = 0;
    let requestId: string | undefined;
    let missing: RelayedProblem | undefined;
    let found = false;
    for (const place of places) {
      const shows = (row: ListedRow) => mayRead(context.caller, place, factsOf(alarmIn(row)));
      answer.nextPlace();
      try {
        for (let at = 0, rest: Rest = 'more'; rest === 'more';) {
          const said = await this.#send({ call, asked, place, context }, paging.pairsAt(at));
          requestId = said.requestId ?? requestId;
          const page = answer.parse(said.body);
          rest = page ? restAfter(page, at) : 'contradicted';
          if (!page || rest === 'contradicted') throw relayed(UNREADABLE_READ, {});
          answer.add(page.rows, shows);
          found = true;
          at += page.rows.length;
          if (!paging.isPaged) break;
          // What is to come is known before it is read.
          const known = read + Math.max(at, page.total ?? 0);
          if (known > MAX_ROWS) throw refuse('narrowed_too_long', { rows: MAX_ROWS });
          if (rest !== 'more') read += at;
        }
      } catch (error) {
        if (!isNotFound(error)) throw error;
        missing ??= error;
      }
    }
    if (!found && missing) throw missing;
    const body = answer.page(paging.offset, paging.limit, paging.order);
    return { body, ...(requestId !== undefined && { requestId }) };
  }

  /** What upstream says of each place, put together. */
  async #sum({ call, asked, places, context }: Call): Promise<Relayed> {
    const answer = new NarrowedAnswer();
    let requestId: string | undefined;
    let missing: RelayedProblem | undefined;
    const bodies: string[] = [];
    for (const place of places) {
      try {
        const said = await this.#send({ call, asked, place, context }, asked.pairs);
        requestId = said.requestId ?? requestId;
        bodies.push(said.body);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        missing ??= error;
      }
    }
    if (bodies.length === 0 && missing) throw missing;
    const sum = answer.sumOf(bodies);
    if (sum === undefined) throw relayed(UNREADABLE_READ, {});
    return { body: sum, ...(requestId !== undefined && { requestId }) };
  }

  async #send({ call, place, context }: Reading, pairs: FamilyQuery['pairs']): Promise<Relayed> {
    const result = await this.upstream.send(familyRead(call, place, pairs), context);
    const { status, requestId } = result.exchange;
    if ('fault' in result) {
      throw relayed(faultOfRead(result.fault), {
        ...(status !== undefined && { status }),
        ...(requestId !== undefined && { requestId }),
      });
    }
    return { body: result.body, ...(requestId !== undefined && { requestId }) };
  }
}

function answersOf({ offer }: FamilyCall): AnswerKind | undefined {
  return offer.kind === 'read' ? offer.answers : undefined;
}

function cleaned(body: string): string {
  try {
    return withoutSecrets(body);
  } catch {
    throw relayed(UNREADABLE_READ, {});
  }
}

function relayed(
  { status, code, detail, retryable, retryAfter, upstream }: Fault,
  exchange: RelayedProblem['exchange'],
): RelayedProblem {
  const extras = {
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  };
  return new RelayedProblem([status, code, detail, extras], exchange);
}

function isNotFound(error: unknown): error is RelayedProblem {
  return error instanceof RelayedProblem && error.extras.upstream?.code === NOT_FOUND;
}

/** What of a query is about the page, and all else. @throws Problem 400 for a page that upstream would not give either */
function pagingOf({ query, offer }: FamilyCall, { pairs }: FamilyQuery) {
  const most = offer.kind === 'read' ? offer.mostRows : DEFAULT_ROWS;
  const asked = new Map(pairs);
  const isPaged = query.some(({ name }) => name === 'offset');
  const [offset, limit] = [Number(asked.get('offset') ?? 0), Number(asked.get('limit') ?? DEFAULT_ROWS)];
  const violations = [
    ...(offset >= 0 && offset <= MAX_OFFSET ? [] : [bound('offset', 0, MAX_OFFSET)]),
    ...(limit >= 1 && limit <= most ? [] : [bound('limit', 1, most)]),
  ];
  if (violations.length > 0) throw refuse('invalid_request', violations);
  const others = pairs.filter(([name]) => name !== 'offset' && name !== 'limit');
  const by = asked.get('sort_key');
  return {
    isPaged,
    offset,
    limit: isPaged ? limit : Infinity,
    ...(by !== undefined && { order: { by, isRising: asked.get('sort_dir') === 'asc' } }),
    /** Of as many rows as upstream gives at once, from one on. */
    pairsAt: (at: number): FamilyQuery['pairs'] =>
      isPaged ? [...others, ['offset', String(at)], ['limit', String(most)]] : others,
  };
}

function bound(parameter: string, least: number, most: number): Violation {
  return { parameter, rule: 'integer', message: `must be from ${least} to ${most}` };
}

/** The alarm of a row: the row itself, or what an isolated file has of it. */
function alarmIn(row: ListedRow): ListedRow {
  const { agent_event_info: inner } = row;
  return inner === undefined ? row : object(inner);
}

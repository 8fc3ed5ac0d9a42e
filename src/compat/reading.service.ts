import { Inject, Injectable } from '@nestjs/common';

import {
  accessDenialOf,
  authorise,
  mayReadAll,
  readableEnterpriseProjects,
  type AlarmFacts,
} from '../access/grants.js';
import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { ALL_GRANTED } from '../domain/scope.js';
import { SEVERITIES } from '../domain/upstream-words.js';
import {
  faultOfRead,
  familyRead,
  object,
  oneOf,
  UNREADABLE_READ,
  whole,
  type HssPlace,
  type ListedRow,
} from '../hss/index.js';
import { refuse } from '../problems/catalogue.js';
import { RelayedProblem } from '../problems/problem.js';
import type { Fault } from '../domain/outcome.js';
import { UpstreamClient } from '../upstream/index.js';
import type { FamilyCall } from './calls.js';
import { NarrowedAnswer, type Page } from './narrowed-answer.js';
import { Projects } from './projects.js';
import { withoutSecrets } from './secret-members.js';

/** What a call asks for, besides the project. */
interface Asked {
  readonly enterpriseProjectId?: string;
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

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
  readonly asked: Asked;
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
  async read(call: FamilyCall, projectId: string, asked: Asked, context: CallContext): Promise<Relayed> {
    const places = await this.#placesOf(projectId, asked, context);
    const [place] = places;
    const isWhole = places.every(({ scope }) => mayReadAll(context.caller, scope));
    if (place && places.length === 1 && (isWhole || answersOf(call) === 'words')) {
      const { body, requestId } = await this.#send({ call, asked, place, context }, asked.pairs);
      return { body: cleaned(body), ...(requestId !== undefined && { requestId }) };
    }
    const all = { call, asked, places, context };
    if (answersOf(call) === 'rows') return this.#rows(all);
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
    { enterpriseProjectId }: Asked,
    context: CallContext,
  ): Promise<HssPlace[]> {
    const { caller } = context;
    const name = await this.projects.nameOf(projectId, 'read', context);
    const isAll = enterpriseProjectId?.toLowerCase() === ALL_GRANTED;
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
    const { offset, limit, others } = pagingOf(call, asked);
    const answer = new NarrowedAnswer();
    let requestId: string | undefined;
    let missing: RelayedProblem | undefined;
    let found = false;
    for (const place of places) {
      const shows = (row: ListedRow) =>
        !accessDenialOf(context.caller, { right: 'read', ...place.scope, alarms: [factsOf(row)] });
      try {
        for (let at = 0; ;) {
          const page = await this.#page({ call, asked, place, context }, at, others, answer);
          requestId = page.requestId ?? requestId;
          answer.add(page, shows);
          at += page.rows.length;
          found = true;
          if (page.rows.length === 0 || !page.isPaged || at >= page.total) break;
          if (answer.read > MAX_ROWS) throw refuse('narrowed_too_long', { rows: MAX_ROWS });
        }
      } catch (error) {
        if (!isNotFound(error)) throw error;
        missing ??= error;
      }
    }
    if (!found && missing) throw missing;
    return { body: answer.page(offset, limit), ...(requestId !== undefined && { requestId }) };
  }

  async #page(
    reading: Reading,
    at: number,
    others: Asked['pairs'],
    answer: NarrowedAnswer,
  ): Promise<Page & { readonly requestId?: string; readonly isPaged: boolean }> {
    const { call } = reading;
    const { offer, query } = call;
    const isPaged = query.some(({ name }) => name === 'offset');
    const most = offer.kind === 'read' ? offer.mostRows : DEFAULT_ROWS;
    const paging = isPaged
      ? ([
          ['offset', String(at)],
          ['limit', String(most)],
        ] as const)
      : [];
    const { body, requestId } = await this.#send(reading, [...others, ...paging]);
    const page = answer.parse(body);
    if (!page) throw relayed(UNREADABLE_READ, {});
    return { ...page, isPaged, ...(requestId !== undefined && { requestId }) };
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

  async #send({ call, place, context }: Reading, pairs: Asked['pairs']): Promise<Relayed> {
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

function answersOf({ offer }: FamilyCall): 'rows' | 'counts' | 'top' | 'words' | 'rule' | undefined {
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

/** What of a query is about the page, and all else. */
function pagingOf({ query }: FamilyCall, { pairs }: Asked) {
  const valueOf = (name: string) => pairs.find(([each]) => each === name)?.[1];
  const isPaged = query.some(({ name }) => name === 'offset');
  const asked = Number(valueOf('limit') ?? DEFAULT_ROWS);
  return {
    offset: Math.max(0, Number(valueOf('offset') ?? 0)),
    // Upstream, too, takes less for its least (contract 2.1).
    limit: isPaged ? (asked > 0 ? asked : DEFAULT_ROWS) : Infinity,
    others: pairs.filter(([name]) => name !== 'offset' && name !== 'limit'),
  };
}

/** What grants may be limited by, of a row or of the alarm in it; what it leaves out is not known. */
function factsOf(row: ListedRow): AlarmFacts {
  const { agent_event_info: inner, ...outer } = row;
  const alarm = inner === undefined ? outer : object(inner);
  const eventType = whole(alarm['event_type']);
  const severity = oneOf(SEVERITIES, alarm['severity']);
  return { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
}

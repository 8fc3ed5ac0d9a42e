import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext, Caller } from '../domain/caller.js';
import { accessDenialOf, authorise, type RequestedScope, type AlarmFacts } from '../access/grants.js';
import { refuse } from '../problems/catalogue.js';
import { problemOfFault, type Problem } from '../problems/problem.js';
import {
  faultOfRead,
  listingIn,
  UNREADABLE_READ,
  type HssPlace,
  type Listing,
  pageAt,
  type PageMark,
  type ListedRow,
  oneOf,
  whole,
  itemIdOf,
  type WireItem,
  object,
  present,
  text,
  time,
} from '../hss/index.js';
import { UpstreamClient, type UpstreamCall } from '../upstream/index.js';
import { MAX_OFFSET, SEVERITIES } from '../domain/upstream-words.js';
import type { EntryFields, ListDescriptor, ValueType } from './list-descriptor.js';

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
  async placeOf(wish: RequestedScope, context: CallContext): Promise<HssPlace> {
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

/** So many calls make one page at most: where few of many rows may be seen, the page is shorter. */
const MAX_CALLS = 20;

export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; absent at the end. */
  readonly next?: PageMark;
  /** The list changed since the page before: rows may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** What makes a page of a list that upstream pages by offset. */
export interface Source<Row> {
  read(offset: number, limit: number): Promise<Listing<Row>>;
  /** What identifies a row, in any state. */
  nameOf(row: Row): string;
  /** Whether the caller may see it. */
  shows(row: Row): boolean;
}

/** How many calls may still be made for a page; several lists that make one page share it. */
interface CallBudget {
  calls: number;
}

export const callBudget = (): CallBudget => ({ calls: MAX_CALLS });

/**
 * One page of what the caller may see, from as many pages of upstream's as that takes.
 *
 * @throws Problem where upstream gives no rows although its total says that there are more, and beyond what it can be asked for
 */
export async function readPage<Row>(
  source: Source<Row>,
  limit: number,
  mark: PageMark = { offset: 0 },
  budget = callBudget(),
): Promise<RowPage<Row>> {
  const rows: Row[] = [];
  let windowMoved = false;
  let next = mark;
  while (budget.calls > 0 && rows.length < limit) {
    if (next.offset > MAX_OFFSET) throw refuse('listing_too_long');
    budget.calls -= 1;
    const page = await pageAt<Row, Listing<Row>>(
      next,
      limit - rows.length,
      (offset, wanted) => source.read(offset, wanted),
      (row) => source.nameOf(row),
    );
    windowMoved ||= page.moved;
    const looked = take(source, page.rows, limit, rows);
    if (looked === page.rows.length) {
      if (page.rest === 'contradicted') throw unreadableListing('not_whole');
      if (page.rest !== 'more') return { rows, windowMoved };
    }
    next = page.markAfter(looked);
  }
  return { rows, next, windowMoved };
}

/** Adds what may be seen, up to `limit` rows, and answers how many were looked at for it. */
function take<Row>(source: Source<Row>, found: readonly Row[], limit: number, into: Row[]): number {
  for (const [index, row] of found.entries()) {
    if (!source.shows(row)) continue;
    into.push(row);
    if (into.length === limit) return index + 1;
  }
  return found.length;
}

/** What grants may be limited by, of a row or of the alarm in it; what it leaves out is not known. */
export function factsOf(row: ListedRow): AlarmFacts {
  const eventType = whole(row['event_type']);
  const severity = oneOf(SEVERITIES, row['severity']);
  return { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
}

/** Whether a caller may read a row, or an alarm: grants may be limited to event types and severities. */
export function mayRead(caller: Caller, { scope }: HssPlace, { eventType, severity }: AlarmFacts): boolean {
  const { project, enterpriseProjectId } = scope;
  const facts = { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
  return !accessDenialOf(caller, { right: 'read', project, enterpriseProjectId, alarms: [facts] });
}

type Members = Readonly<Record<string, unknown>>;

type Reader = (row: ListedRow) => unknown;

/** What makes of the rows of a list what the API shows. */
export function entryReader({ list, target, fields }: ListDescriptor): (row: ListedRow) => Members {
  const read = membersReader(fields);
  if (!target) return (row) => read(row) ?? {};
  const readTarget = membersReader(target.fields);
  const required = Object.entries(target.fields).filter(([, { optional }]) => !optional);
  return (row) => {
    const members = readTarget(row) ?? {};
    // It identifies nothing where upstream does not give all of it.
    const isWhole = required.every(([name]) => name in members);
    return { id: itemIdOf(list, row), ...(isWhole && { target: members }), ...read(row) };
  };
}

/** Reads a row field by field; what is empty there is absent here, and all of it undefined where nothing is left. */
export function membersReader(fields: EntryFields): (row: ListedRow) => Members | undefined {
  const readers = Object.entries(fields).map(([name, field]) => [name, readerOf(field)] as const);
  return (row) => present(Object.fromEntries(readers.map(([name, read]) => [name, read(row)])));
}

function readerOf(field: EntryFields[string]): Reader {
  if ('read' in field) return field.read;
  if ('fields' in field) {
    const read = membersReader(field.fields);
    return field.always ? (row) => read(row) ?? {} : read;
  }
  const path = field.wire.split('.');
  const last = path.pop() ?? field.wire;
  return (row) => readValue(field.type, path.reduce((within, name) => object(within[name]), row)[last]);
}

function readValue(type: ValueType, value: unknown): unknown {
  switch (type.kind) {
    case 'text':
      if (type.min === 0) return typeof value === 'string' ? value : undefined;
      return text(value) ?? (type.shownAsNumber ? whole(value)?.toString() : undefined);
    case 'whole':
      return whole(value);
    case 'word':
      return oneOf(type.words, value);
    case 'time':
      return time(value);
  }
}

/** What was given of some fields, under upstream's names and in the order of the fields. */
export function wireOf(
  fields: Readonly<Record<string, { readonly wire: string }>>,
  given: Members,
): WireItem {
  const pairs = Object.entries(fields).map(([name, { wire }]) => [wire, given[name]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

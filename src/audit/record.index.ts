import type { Kysely } from 'kysely';

import type { DialectName } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { endBefore } from './record-blocks.js';
import { scopeIn } from './record-facts.js';
import {
  factsNamed,
  hitsAmong,
  newestHits,
  type Criterion,
  type MayRead,
  type Search,
  type SeqRange,
} from './record.queries.js';

/** Alternatives in one statement. */
const MAX_FACTS = 100;
/** Blocks that are found at once: about as many as are looked through for one page. */
const AT_ONCE = 64;

/** The newest blocks with records that may fit a criterion. */
interface Hits {
  readonly criterion: Criterion;
  /** Newest first. */
  readonly blocks: readonly number[];
  /** None is missing down to this one. */
  readonly reached: number;
}

/** Where records may be that fit all criteria. */
export interface Whereabouts {
  /** Newest first. */
  readonly ranges: readonly SeqRange[];
  /** There are none elsewhere behind this record. */
  readonly after: number;
  /** How many blocks were asked about. */
  readonly asked: number;
}

/** Finds the blocks of records by the index, at a cost that does not grow with how many there are. */
export class RecordIndex {
  constructor(
    private readonly queries: Kysely<AuditTables>,
    private readonly dialect: DialectName,
  ) {}

  /** Where the records are that may be read; undefined: everywhere. */
  async readable(mayRead: MayRead): Promise<Criterion | undefined> {
    const { rows } = await factsNamed('scope').execute(this.queries);
    const facts = rows.map(({ fact }) => fact).filter((fact) => mayRead(scopeIn(fact)));
    return facts.length < rows.length ? { facts } : undefined;
  }

  /** Goes along the criterion that fewest blocks fit, as far as the newest of each show it. */
  async newest({ criteria, readable }: Search, range: SeqRange): Promise<Whereabouts> {
    const all = readable ? [...criteria, readable] : criteria;
    const hits = await Promise.all(all.map((criterion) => this.#hits(criterion, range)));
    const rarest = hits.reduce((one, other) => (isRarer(other, one) ? other : one));
    let { blocks } = rarest;
    for (const other of hits) if (other !== rarest) blocks = await this.#among(blocks, other);
    return {
      ranges: rangesOf(blocks, range),
      after: Math.max(range.after, endBefore(rarest.reached)),
      asked: rarest.blocks.length,
    };
  }

  async #hits(criterion: Criterion, range: SeqRange): Promise<Hits> {
    const facts = 'facts' in criterion ? criterion.facts : undefined;
    const parts = facts ? portions(facts, MAX_FACTS).map((some) => ({ facts: some })) : [criterion];
    const each = facts ? Math.ceil(AT_ONCE / Math.max(1, facts.length)) : AT_ONCE;
    const queries = parts.map((part) => newestHits(this.dialect, part, range, each).execute(this.queries));
    const blocks = new Set<number>();
    let reached = 0;
    for (const { rows } of await Promise.all(queries)) {
      const ends = new Map<number, { count: number; last: number }>();
      for (const { place, block } of rows) {
        const { count, last } = ends.get(place) ?? { count: 0, last: Infinity };
        ends.set(place, { count: count + 1, last: Math.min(last, block) });
        blocks.add(block);
      }
      for (const { count, last } of ends.values()) if (count === each) reached = Math.max(last, reached);
    }
    const known = [...blocks].filter((block) => block >= reached);
    return { criterion, blocks: known.sort((one, other) => other - one), reached };
  }

  /** Those of some blocks that may fit a criterion. */
  async #among(blocks: readonly number[], { criterion, ...hits }: Hits): Promise<readonly number[]> {
    const fitting = new Set(hits.blocks);
    const others = blocks.filter((block) => block < hits.reached);
    if ('operationIds' in criterion) for (const block of others) fitting.add(block);
    else if (others.length > 0) {
      const { rows } = await hitsAmong(this.dialect, criterion, others).execute(this.queries);
      for (const { block } of rows) fitting.add(block);
    }
    return blocks.filter((block) => fitting.has(block));
  }
}

/** Fewer blocks fit the one than the other, as far as they were found. */
function isRarer(one: Hits, other: Hits): boolean {
  return one.reached === other.reached
    ? one.blocks.length < other.blocks.length
    : one.reached < other.reached;
}

/** Blocks side by side in one range. */
function rangesOf(blocks: readonly number[], { after, before }: SeqRange): SeqRange[] {
  const ranges: SeqRange[] = [];
  for (const block of blocks) {
    const [start, end] = [Math.max(after, endBefore(block)), Math.min(before, endBefore(block + 1) + 1)];
    const newer = ranges.at(-1);
    if (newer?.after === end - 1) ranges[ranges.length - 1] = { after: start, before: newer.before };
    else ranges.push({ after: start, before: end });
  }
  return ranges;
}

function portions<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) =>
    all.slice(index * most, (index + 1) * most),
  );
}

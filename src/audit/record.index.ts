import type { Kysely } from 'kysely';

import type { DialectName } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { scopeIn } from './record-facts.js';
import {
  candidatesOf,
  factsNamed,
  lastIndexed,
  newestHits,
  type Criterion,
  type MayRead,
  type Search,
  type SeqRange,
  type Stretch,
} from './record.queries.js';

/** Alternatives in one statement. */
const MAX_FACTS = 100;

/** The newest records that fit a criterion. */
interface Hits extends Pick<Stretch, 'reached'> {
  readonly criterion: Criterion;
  /** Newest first. */
  readonly seqs: readonly number[];
}

/** Finds records by the index, at a cost that does not grow with how many there are. */
export class RecordIndex {
  constructor(
    private readonly queries: Kysely<AuditTables>,
    private readonly dialect: DialectName,
  ) {}

  /** The last record that it has. */
  async upTo(): Promise<number> {
    const { rows } = await lastIndexed().execute(this.queries);
    return rows[0]?.seq ?? 0;
  }

  /** Where the records are that may be read; undefined: everywhere. */
  async readable(mayRead: MayRead): Promise<Criterion | undefined> {
    const { rows } = await factsNamed('scope').execute(this.queries);
    const facts = rows.map(({ fact }) => fact).filter((fact) => mayRead(scopeIn(fact)));
    return facts.length < rows.length ? { facts } : undefined;
  }

  /** Goes along the criterion that fewest records fit, as far as the newest of each show it. @param most records to look at */
  async newest({ criteria, readable, isWanted }: Search, range: SeqRange, most: number): Promise<Stretch> {
    const narrowing = readable ? [...criteria, readable] : criteria;
    const all: readonly Criterion[] = narrowing.length === 0 ? [{ all: true }] : narrowing;
    const hits = await Promise.all(all.map((criterion) => this.#hits(criterion, range, most)));
    const { criterion, seqs, reached } = hits.reduce((one, other) => (isRarer(other, one) ? other : one));
    if (seqs.length === 0) return { found: [], looked: 0 };
    const others = criteria.filter((each) => each !== criterion);
    const { rows } = await candidatesOf(this.dialect, seqs, others).execute(this.queries);
    return { found: rows.filter(isWanted), reached, looked: seqs.length };
  }

  async #hits(criterion: Criterion, range: SeqRange, most: number): Promise<Hits> {
    const facts = 'facts' in criterion ? criterion.facts : undefined;
    const parts = facts ? portions(facts, MAX_FACTS).map((some) => ({ facts: some })) : [criterion];
    const each = facts ? Math.ceil(most / Math.max(1, facts.length)) : most;
    const queries = parts.map((part) => newestHits(this.dialect, part, range, each).execute(this.queries));
    const seqs = new Set<number>();
    let reached: number | undefined;
    for (const { rows } of await Promise.all(queries)) {
      const ends = new Map<number, { count: number; last: number }>();
      for (const { place, seq } of rows) {
        const { count, last } = ends.get(place) ?? { count: 0, last: Infinity };
        ends.set(place, { count: count + 1, last: Math.min(last, seq) });
        seqs.add(seq);
      }
      for (const { count, last } of ends.values()) if (count === each) reached = Math.max(last, reached ?? 0);
    }
    const known = [...seqs].filter((seq) => seq >= (reached ?? 0));
    return { criterion, seqs: known.sort((one, other) => other - one), reached };
  }
}

/** Fewer records fit the one than the other, as far as they were read. */
function isRarer(one: Hits, other: Hits): boolean {
  const [mine, theirs] = [one.reached ?? 0, other.reached ?? 0];
  return mine === theirs ? one.seqs.length < other.seqs.length : mine < theirs;
}

function portions<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) =>
    all.slice(index * most, (index + 1) * most),
  );
}

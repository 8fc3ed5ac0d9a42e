import { ExactDocuments } from '../domain/exact-json.js';
import { listingOf, type ListedRow, type Listing } from '../hss/index.js';
import { isPlainObject } from '../validation/fields.js';
import { removeSecrets } from './secret-members.js';

/** Members by which rows of numbers belong together (contract 2.10). */
const KEYS = ['event_type_name', 'event_type', 'att_ck', 'event_class_id'] as const;

/** One answer that is made of several of upstream's: numbers keep all their digits, and secrets are left out. */
export class NarrowedAnswer {
  readonly #documents = new ExactDocuments();
  readonly #rows: ListedRow[] = [];
  /** Of the enterprise projects before: what belongs to several is listed in each. */
  readonly #earlier = new Set<string>();
  #ofThis: string[] = [];

  /** Undefined for what is no listing. */
  parse(text: string): Listing | undefined {
    try {
      return listingOf(this.#documents.parse(text));
    } catch {
      return undefined;
    }
  }

  /** The rows that follow are of another enterprise project. */
  nextPlace(): void {
    for (const text of this.#ofThis) this.#earlier.add(text);
    this.#ofThis = [];
  }

  add(rows: readonly ListedRow[], shows: (row: ListedRow) => boolean): void {
    for (const row of rows) {
      if (!shows(row)) continue;
      const text = this.#documents.write(row);
      this.#ofThis.push(text);
      if (this.#earlier.has(text)) continue;
      removeSecrets(row);
      this.#rows.push(row);
    }
  }

  /**
   * A page of what may be seen, as upstream would have written it.
   *
   * @param order the member that all rows are in order of, where they are, and which way
   */
  page(offset: number, limit: number, order?: { readonly by: string; readonly isRising: boolean }): string {
    if (order) {
      const of = (row: ListedRow) => Number(row[order.by] ?? 0) * (order.isRising ? 1 : -1);
      this.#rows.sort((one, other) => of(one) - of(other));
    }
    const rows = this.#rows.slice(offset, offset + limit);
    return this.#documents.write({ total_num: this.#rows.length, data_list: rows });
  }

  /** Undefined where one of them cannot be read. */
  sumOf(texts: readonly string[]): string | undefined {
    try {
      const sum = texts.map((text) => this.#documents.parse(text)).reduce(added);
      removeSecrets(sum);
      return this.#documents.write(sum);
    } catch {
      return undefined;
    }
  }
}

/** Two answers of the same call as one: numbers are added up, rows and words put together; of all else the first counts. */
function added(one: unknown, other: unknown): unknown {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return joined(one as unknown[], other as unknown[]);
  if (!isPlainObject(one) || !isPlainObject(other)) return one ?? other;
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const isKey = (name: string) => (KEYS as readonly string[]).includes(name);
  return Object.fromEntries(
    names.map((name) => [name, isKey(name) ? (one[name] ?? other[name]) : added(one[name], other[name])]),
  );
}

function joined(one: readonly unknown[], other: readonly unknown[]): unknown[] {
  const all = new Map(one.map((item) => [keyOf(item), item]));
  for (const item of other) {
    const key = keyOf(item);
    all.set(key, all.has(key) ? added(all.get(key), item) : item);
  }
  return [...all.values()];
}

function keyOf(item: unknown): string {
  if (!isPlainObject(item)) return JSON.stringify(item);
  const name = KEYS.find((each) => item[each] !== undefined);
  return name === undefined ? JSON.stringify(item) : JSON.stringify([name, item[name]]);
}

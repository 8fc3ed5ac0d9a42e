import { ExactDocuments } from '../domain/exact-json.js';
import { listingOf, type ListedRow } from '../hss/index.js';
import { isPlainObject } from '../validation/fields.js';
import { removeSecrets } from './secret-members.js';

/** Rows as one answer of upstream's has them. */
export interface Page {
  readonly rows: readonly ListedRow[];
  readonly total: number;
}

/** Members by which rows of numbers belong together (contract 2.10). */
const KEYS = ['event_type_name', 'event_type', 'att_ck', 'event_class_id'] as const;

/** One answer that is made of several of upstream's: numbers keep all their digits, and secrets are left out. */
export class NarrowedAnswer {
  readonly #documents = new ExactDocuments();
  readonly #rows: ListedRow[] = [];
  readonly #texts = new Set<string>();
  #read = 0;

  /** How many rows were added, seen or not. */
  get read(): number {
    return this.#read;
  }

  /** Undefined for what is no listing. */
  parse(text: string): Page | undefined {
    try {
      const listing = listingOf(this.#documents.parse(text));
      // Where upstream does not say how many there are, an empty page is the end.
      return listing && { rows: listing.rows, total: listing.total ?? Infinity };
    } catch {
      return undefined;
    }
  }

  add({ rows }: Page, shows: (row: ListedRow) => boolean): void {
    this.#read += rows.length;
    for (const row of rows) {
      if (!shows(row)) continue;
      removeSecrets(row);
      // What belongs to several enterprise projects is listed in each.
      const text = JSON.stringify(row);
      if (this.#texts.has(text)) continue;
      this.#texts.add(text);
      this.#rows.push(row);
    }
  }

  /** A page of what may be seen, as upstream would have written it. */
  page(offset: number, limit: number): string {
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

import { refusedByHss } from '../refusal.js';
import { INT32_MAX, integer, problemsOf, type Check } from '../shape.js';

/** Reads typed query parameters; anything malformed is HSS.0001. A parameter given twice counts once, unless a list. */
export class QueryReader {
  constructor(private readonly query: URLSearchParams) {}

  text(name: string, least = 1, most = 256): string | undefined {
    const value = this.query.get(name);
    if (value === null) return undefined;
    if (value.length < least || value.length > most)
      throw refusedByHss('HSS.0001', `${name} has a bad length`);
    return value;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw refusedByHss('HSS.0001', `${name} is missing`);
    return value;
  }

  texts(name: string): string[] {
    return this.query.getAll(name);
  }

  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.query.get(name);
    if (value !== null && !(values as readonly string[]).includes(value)) {
      throw refusedByHss('HSS.0001', `${name} is none of ${values.join(', ')}`);
    }
    return (value as Value | null) ?? undefined;
  }

  choices<Value extends string>(name: string, values: readonly Value[]): Value[] {
    return this.query.getAll(name).map((value) => {
      if ((values as readonly string[]).includes(value)) return value as Value;
      throw refusedByHss('HSS.0001', `${name} is none of ${values.join(', ')}`);
    });
  }

  boolean(name: string): boolean | undefined {
    const value = this.choice(name, ['true', 'false']);
    return value === undefined ? undefined : value === 'true';
  }

  integer(name: string, least = 0, most = Number(INT32_MAX)): number | undefined {
    const value = this.query.get(name);
    return value === null ? undefined : integerFrom(name, value, integer(BigInt(least), BigInt(most)));
  }

  integers(name: string, least: number, most: number): number[] {
    const check = integer(BigInt(least), BigInt(most));
    return this.query.getAll(name).map((value) => integerFrom(name, value, check));
  }

  /** An int64, exactly. */
  bigInteger(name: string): bigint | undefined {
    const value = this.query.get(name);
    if (value === null) return undefined;
    if (!/^\d{1,19}$/.test(value)) throw refusedByHss('HSS.0001', `${name} is not an integer`);
    return BigInt(value);
  }

  /** Epoch milliseconds as a string of exactly 13 digits (contract 2.1). */
  instant(name: string): number | undefined {
    const value = this.query.get(name);
    if (value === null) return undefined;
    if (!/^\d{13}$/.test(value)) throw refusedByHss('HSS.0001', `${name} is not 13 digits`);
    return Number(value);
  }
}

function integerFrom(name: string, value: string, check: Check): number {
  const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  const [problem] = problemsOf(check, number, name);
  if (problem !== undefined) throw refusedByHss('HSS.0001', problem);
  return number;
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** Offset and limit where both are optional and no upper bound is stated but the usual one (contract 2.0). */
export function pageOf(
  query: QueryReader,
  bounds: { least?: number; most?: number; required?: boolean } = {},
): Page {
  const offset = query.integer('offset', 0, 2_000_000);
  const limit = query.integer('limit', bounds.least ?? 1, bounds.most ?? 1000);
  if (bounds.required && (offset === undefined || limit === undefined)) {
    throw refusedByHss('HSS.0001', 'offset and limit are mandatory');
  }
  return { offset: offset ?? 0, limit: limit ?? 10 };
}

/** The page of a list, in the form all lists have. */
export function paged<Row>(rows: readonly Row[], page: Page, show: (row: Row) => object): object {
  const shown = rows.slice(page.offset, page.offset + page.limit).map(show);
  return { total_num: rows.length, data_list: shown };
}

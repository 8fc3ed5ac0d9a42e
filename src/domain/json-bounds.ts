/** What of a text there may be at most. */
export interface JsonBounds {
  /** Objects and lists within each other. */
  readonly depth: number;
  /** Objects and lists. */
  readonly containers: number;
  /** Members and items. */
  readonly values: number;
  /** Different names of members. */
  readonly names: number;
  /** Integers of more than fifteen digits. */
  readonly longIntegers: number;
  /** Numbers of more than fifteen characters, or with an exponent, that are no integers. */
  readonly longFractions: number;
  /** Characters of one number. */
  readonly numberLength: number;
}

export type JsonBound = keyof JsonBounds;

/** More than the bounds allow, of what they are named by. */
export class JsonBeyondBounds extends RangeError {
  constructor(
    readonly bound: JsonBound,
    readonly most: number,
  ) {
    super(`more than ${most} ${bound}`);
  }
}

/**
 * Far beyond any request of 10,000 alarms and any page of a listing. Within them `JSON.parse` takes well under 50 ms a MiB,
 * for every kind of value.
 */
export const JSON_BOUNDS: JsonBounds = {
  depth: 64,
  containers: 100_000,
  values: 500_000,
  names: 1_000,
  longIntegers: 30_000,
  longFractions: 5_000,
  numberLength: 100,
};

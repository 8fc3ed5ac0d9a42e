/** One thing wrong with a request. */
export interface Violation {
  /** JSON Pointer into the body; a missing field's pointer names the field. */
  readonly pointer?: string;
  /** Name of the query parameter, where it was not the body. */
  readonly parameter?: string;
  readonly rule: string;
  readonly message: string;
  readonly allowed?: unknown;
}

/** A report names at most this many violations; the request is refused all the same. */
export const MAX_VIOLATIONS = 200;

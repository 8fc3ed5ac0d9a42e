/** What was listed of the alarms of an operation when they were looked up by their ids, as far as the operation was decided by it. */
export interface LookedUp {
  /** Of each alarm, in the order of the request: a digest of all that it was decided by, by which a change is noticed. */
  readonly digests: readonly string[];
  /** Event ids of those that were not clearly listed as otherwise than the operation wants them; absent: none. */
  readonly possiblyAlready?: readonly string[];
}

/**
 * What can be wrong with records of the trail, as it is found from outside.
 *
 * - `altered`: a record, or what finds it again, is not as it was written
 * - `missing`: a record is not there, and later ones are
 * - `reordered`: a record stands in the place of another one of this trail
 * - `truncated`: records at the end are not there, and a checkpoint covers them
 * - `foreign`: records that this gateway has not written
 * - `checkpoint`: a checkpoint does not fit the records, or its signature is wrong
 * - `tree`: the kept tree does not fit the records; it can be made again
 */
export const FAULT_KINDS = [
  'altered',
  'missing',
  'reordered',
  'truncated',
  'foreign',
  'checkpoint',
  'tree',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Records that a range of sequences names, both ends included. */
export interface RecordRange {
  readonly first: number;
  readonly last: number;
}

export interface TrailFault extends RecordRange {
  readonly what: FaultKind;
  /** Goes on from the record, or the records, that it is about. */
  readonly detail: string;
}

/** A fault as a sentence, without its full stop. */
export function faultWords({ what, first, last, detail }: TrailFault): string {
  const which = first === last ? `record ${first}` : `records ${first} to ${last}`;
  return `${which} of the trail: ${what}, ${detail}`;
}

/** A fault together with one that goes on where it ends, and is of the same kind; undefined: it does not. */
export function merged(fault: TrailFault, next: TrailFault): TrailFault | undefined {
  const goesOn = fault.what === next.what && fault.detail === next.detail && next.first <= fault.last + 1;
  return goesOn ? { ...fault, last: Math.max(fault.last, next.last) } : undefined;
}

export function overlaps(one: RecordRange, other: RecordRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** Whether every record of a range is in one of some others. */
export function isWithin(range: RecordRange, others: readonly RecordRange[]): boolean {
  let at = range.first;
  for (const { first, last } of [...others].sort((one, other) => one.first - other.first))
    if (first <= at && last >= at) at = last + 1;
  return at > range.last;
}

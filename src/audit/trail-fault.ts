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
  /** Whose records are not there, although it is listed; where they stood is not known. */
  readonly operationId?: string;
}

/** A fault as a sentence, without its full stop. */
export function faultWords({ what, first, last, detail, operationId }: TrailFault): string {
  if (operationId !== undefined) return `operation ${operationId}: ${what}, ${detail}`;
  const which = first === last ? `record ${first}` : `records ${first} to ${last}`;
  return `${which} of the trail: ${what}, ${detail}`;
}

/** A fault together with one that goes on where it ends, and is of the same kind; undefined: it does not. */
export function merged(fault: TrailFault, next: TrailFault): TrailFault | undefined {
  const isAlike = fault.what === next.what && fault.detail === next.detail;
  const isOfRecords = fault.operationId === undefined && next.operationId === undefined;
  const goesOn = isAlike && isOfRecords && fault.first <= next.first && next.first <= fault.last + 1;
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

const MAX_FAULTS = 100;

/** What was found, joined where it goes on; of very many only the first. */
export class FaultList {
  readonly #faults: TrailFault[] = [];

  /** By the first record that each is about. */
  get all(): readonly TrailFault[] {
    return [...this.#faults].sort((one, other) => one.first - other.first);
  }

  add(fault: TrailFault): void {
    const last = this.#faults.at(-1);
    const joint = last && merged(last, fault);
    if (joint) this.#faults.splice(-1, 1, joint);
    else if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
  }

  note(what: FaultKind, first: number, last: number, detail: string): void {
    this.add({ what, first, last, detail });
  }

  /** Takes all out. */
  take(): TrailFault[] {
    return this.#faults.splice(0);
  }

  get last(): TrailFault | undefined {
    return this.#faults.at(-1);
  }

  /** Puts another one in the place of the last one. */
  replaceLast(fault: TrailFault): void {
    this.#faults.splice(-1, 1);
    this.add(fault);
  }
}

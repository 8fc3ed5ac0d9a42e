import type { TrailStatements } from './trail-statements.js';

/** What there is to checkpoints that were kept elsewhere. */
export interface WitnessedNotes {
  readonly given: number;
  /** Those of this trail, signed by a known key. */
  readonly own: number;
  /** Of these, the ones of sizes that were compared. */
  readonly compared: number;
}

/** @param isCompared whether a checkpoint that covers so many records is */
export function witnessedNotes(
  notes: readonly string[],
  statements: TrailStatements,
  isCompared: (size: number) => boolean,
): WitnessedNotes {
  const sizes = notes.flatMap((note) => statements.opened(note)?.size ?? []);
  return { given: notes.length, own: sizes.length, compared: sizes.filter(isCompared).length };
}

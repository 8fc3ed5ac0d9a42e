/** Beyond this many edits a suggestion is a guess, however long the word. */
const MAX_EDITS = 3;

/**
 * The candidate that a misspelt word most likely meant: for "did you mean". Letter case costs nothing; of candidates
 * equally near, the first. Undefined when nothing is near enough to be worth suggesting.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return nearMisses(word, candidates)[0];
}

/** Every candidate that is as near as the nearest, in the order given. */
export function nearMisses(word: string, candidates: Iterable<string>): string[] {
  let fewest = Math.min(MAX_EDITS, Math.max(1, Math.floor(word.length / 3)));
  let found: string[] = [];
  for (const candidate of candidates) {
    // Also what keeps a hostile, very long word cheap: its distance is never computed.
    if (Math.abs(candidate.length - word.length) > fewest) continue;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits > fewest) continue;
    if (edits < fewest) found = [];
    fewest = edits;
    found.push(candidate);
  }
  return found;
}

/** Damerau-Levenshtein (optimal string alignment): insert, delete, replace, or swap two neighbours, at one each. */
function distance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
        swapped ? at(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

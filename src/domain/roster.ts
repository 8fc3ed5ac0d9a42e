/** Something that a roster holds, and at which place; one roster at a time. */
export interface Member {
  place?: number;
}

/**
 * What is there at the moment, in no order. For what comes and goes with every request it stands in for a Set: V8 links each table that
 * a Set outgrows to the next one, and once one of them is old, everything that was in a later one when it was outgrown lives until the
 * whole heap is collected. That alone was a third of what old space filled with.
 */
export class Roster<T extends Member> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Does nothing where it is not there. */
  delete(member: T): void {
    const { place } = member;
    if (place === undefined || this.#members[place] !== member) return;
    const last = this.#members.pop() as T;
    if (last === member) return;
    this.#members[place] = last;
    last.place = place;
  }

  /** Those that are there now, whatever comes and goes meanwhile. */
  all(): readonly T[] {
    return [...this.#members];
  }
}

import { seenIn } from '../../alarms/seen-alarm.js';
import type { ChunkOutcome } from '../../domain/outcome.js';
import type { SeenAlarm } from '../../domain/seen-alarm.js';
import type { ObservedAlarm } from '../../hss/index.js';

/** Gathers what is listed of the alarms of a chunk when their state is read. Of several readings the first counts: it is of before the act. */
export class SeenAlarms {
  readonly #seen = new Map<string, SeenAlarm & { readonly eventId: string }>();

  /** @param known event ids of alarms that the intent describes, which are not gathered; absent: none */
  constructor(private readonly known?: ReadonlySet<string>) {}

  add(states: readonly Pick<ObservedAlarm, 'eventId' | 'row'>[]): void {
    for (const { eventId, row } of states) {
      if (!row || this.known?.has(eventId) || this.#seen.has(eventId)) continue;
      const seen = seenIn(row);
      if (seen) this.#seen.set(eventId, { eventId, ...seen });
    }
  }

  /** A result of the chunk, with what was gathered. */
  addedTo<Result extends { readonly chunk: ChunkOutcome }>(result: Result): Result {
    if (this.#seen.size === 0) return result;
    return { ...result, chunk: { ...result.chunk, seen: [...this.#seen.values()] } };
  }
}

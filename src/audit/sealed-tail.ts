import { link } from './record-text.js';
import type { ChainPlace, TrailSource } from './trail-source.js';
import type { AuditKeys } from './tree/audit-keys.js';

const AT_ONCE = 256;

/** Records behind the last checkpoint, as far as seals of this gateway stand behind them: each is looked at once. */
export class SealedTail {
  readonly #hashes = new Map<number, Uint8Array>();
  #through: ChainPlace | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: TrailSource,
    private readonly keys: AuditKeys,
  ) {}

  /** @param covered records that the last checkpoint covers @throws AuditUnavailable when it cannot be found out now */
  has(seq: number, hash: Uint8Array, covered: number): Promise<boolean> {
    const read = this.#reading.then(async () => {
      if (!this.#hashes.has(seq)) await this.#read(covered);
      const known = this.#hashes.get(seq);
      return known !== undefined && Buffer.compare(known, hash) === 0;
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #read(covered: number): Promise<void> {
    for (const seq of this.#hashes.keys()) if (seq <= covered) this.#hashes.delete(seq);
    // What a checkpoint covers has been looked at before it was signed.
    if ((this.#through?.seq ?? 0) <= covered) this.#through = undefined;
    const base = await this.source.base();
    let place = this.#through ?? (covered <= base.seq ? base : await this.source.placeOf(covered));
    let unsealed: ChainPlace[] = [];
    while (place) {
      const rows = await this.source.records(place.seq, AT_ONCE);
      for (const { seq, body, hash, seal } of rows) {
        if (seq !== place.seq + 1 || Buffer.compare(link(place.hash, body), hash) !== 0) return;
        place = { seq, hash };
        unsealed.push(place);
        if (!this.keys.isSealed(seq, hash, seal)) continue;
        for (const each of unsealed) this.#hashes.set(each.seq, each.hash);
        unsealed = [];
        this.#through = place;
      }
      if (rows.length === 0) return;
    }
  }
}

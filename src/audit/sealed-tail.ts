import { link } from './record-text.js';
import { isWithin, type RecordRange } from './trail-fault.js';
import type { CheckedRecord, TrailSource } from './trail-source.js';
import { same } from './tree-comparison.js';
import type { AuditKeys } from './tree/audit-keys.js';

const AT_ONCE = 256;

/** From where the next record follows. */
interface Reached {
  readonly seq: number;
  /** Several where it is not known which one was written. */
  readonly hashes: readonly Uint8Array[];
}

/**
 * Records behind the last checkpoint, as far as seals of this gateway stand behind them: each is looked at once. It goes on behind
 * records that a person has acknowledged, and vouches for none of these.
 */
export class SealedTail {
  readonly #hashes = new Map<number, Uint8Array>();
  #through: Reached | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: TrailSource,
    private readonly keys: AuditKeys,
  ) {}

  /** @param covered records that the last checkpoint covers @throws AuditUnavailable when it cannot be found out now */
  has(
    { seq, hash }: Pick<CheckedRecord, 'seq' | 'hash'>,
    covered: number,
    acknowledged: readonly RecordRange[],
  ): Promise<boolean> {
    const read = this.#reading.then(async () => {
      if (!this.#hashes.has(seq)) await this.#read(covered, acknowledged);
      return same(this.#hashes.get(seq), hash);
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #read(covered: number, acknowledged: readonly RecordRange[]): Promise<void> {
    for (const seq of this.#hashes.keys()) if (seq <= covered) this.#hashes.delete(seq);
    // What a checkpoint covers has been looked at before it was signed.
    if ((this.#through?.seq ?? 0) <= covered) this.#through = undefined;
    let reached: Reached | undefined = this.#through ?? (await this.#behind(covered));
    let unsealed: CheckedRecord[] = [];
    while (reached) {
      const rows = await this.source.records(reached.seq, AT_ONCE);
      for (const row of rows) {
        const { seq, body, hash, seal } = row;
        const links: Buffer[] =
          seq === reached.seq + 1 ? reached.hashes.map((before) => link(before, body)) : [];
        if (links.some((each) => same(each, hash))) {
          reached = { seq, hashes: [hash] };
          unsealed.push(row);
        } else {
          if (!isWithin({ first: reached.seq + 1, last: links.length > 0 ? seq : seq - 1 }, acknowledged))
            return;
          // Its text may be another, or its hash: what follows goes on from what was written.
          reached = { seq, hashes: [hash, ...links] };
          unsealed = [];
        }
        if (!this.keys.isSealed(seq, hash, seal)) continue;
        for (const each of unsealed) this.#hashes.set(each.seq, each.hash);
        unsealed = [];
        this.#through = reached;
      }
      if (rows.length === 0) return;
    }
  }

  async #behind(covered: number): Promise<Reached | undefined> {
    const base = await this.source.base();
    const place = covered <= base.seq ? base : await this.source.placeOf(covered);
    return place && { seq: place.seq, hashes: [place.hash] };
  }
}

import { type BeforeApplicationShutdown, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { AuditTrail, type RefusalRecord, type RefusalSummaryRecord } from '../audit/index.js';
import { neighbourhoodOf } from '../domain/address-range.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { Allowances } from './allowances.js';
import { Metrics } from '../metrics/metrics.js';
import type { Problem } from '../problems/problem.js';
import { pointerOf } from '../problems/violation.js';

/** So many addresses are counted separately in one summary. */
const MAX_ADDRESSES = 10_000;

/** Counts of refusals that have no record of their own. */
class RefusalCounts {
  #from = Infinity;
  #to = -Infinity;
  readonly #counts = new Map<string, number>();
  readonly #addresses = new Set<string>();

  /** @param at epoch milliseconds @param neighbourhood whom the address belongs to */
  count(code: string, at: number, neighbourhood: string): void {
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.add(neighbourhood);
  }

  /** Takes over what another one counted. */
  add(other: RefusalCounts): void {
    this.#from = Math.min(this.#from, other.#from);
    this.#to = Math.max(this.#to, other.#to);
    for (const [code, count] of other.#counts) this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
    for (const address of other.#addresses) {
      if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.add(address);
    }
  }

  /** @param at epoch milliseconds @param caller whose refusals they are; absent: of those who proved nothing */
  summary(at: number, caller?: string): RefusalSummaryRecord {
    return {
      kind: 'refusal_summary',
      at: new Date(at).toISOString(),
      from: new Date(this.#from).toISOString(),
      to: new Date(this.#to).toISOString(),
      ...(caller !== undefined && { caller }),
      counts: Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1))),
      addresses: this.#addresses.size,
    };
  }
}

/** Records for what nobody proved: of one address, and of all together. */
const OF_ADDRESS = { burst: 10, oneMoreMs: 10_000 };
const OF_ALL = { burst: 60, oneMoreMs: 2_000 };
/** Records of one caller's refusals: what others do takes nothing of it. */
const OF_CALLER = { burst: 1_000, oneMoreMs: 1_000 };

const SUMMARY_EVERY_MS = 60_000;
const ALL = 'all';

/** Whose refusals are counted together: a caller's, or nobody's. */
type Whose = string | undefined;

/**
 * Records refusals, each with a record of its own as far as that is bounded; the others are counted, and a summary of them is
 * recorded once a minute and at the end. What nobody proved takes nothing of what there is for callers, and what one caller does
 * nothing of another's.
 */
@Injectable()
export class RefusalRecorder implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #ofAddress: Allowances;
  readonly #ofAll: Allowances;
  readonly #ofCaller: Allowances;
  readonly #counts = new Map<Whose, RefusalCounts>();
  #beingWritten = 0;
  #cancel: (() => void) | undefined;
  #ending = false;

  constructor(
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {
    this.#ofAddress = new Allowances(OF_ADDRESS, clock);
    this.#ofAll = new Allowances(OF_ALL, clock);
    this.#ofCaller = new Allowances(OF_CALLER, clock);
  }

  /** @param who only where it was proved who asks. Nobody waits for it. */
  note(
    { code, status, detail, extras }: Problem,
    asked: Pick<RefusalRecord, 'requestId' | 'address' | 'method' | 'route'>,
    { caller, credential, onBehalfOf }: Partial<CallContext> = {},
  ): void {
    const record: RefusalRecord = {
      kind: 'refusal',
      at: new Date(this.clock.now()).toISOString(),
      ...asked,
      ...{ code, status, detail },
      ...(caller && { caller: caller.id }),
      ...(credential && { credential: { kind: credential.kind, id: credential.id } }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(extras.violations && {
        pointers: extras.violations.map((each) => pointerOf(each) ?? `?${each.parameter}`),
      }),
    };
    this.metrics.refusals.inc({ code, proved: caller ? 'yes' : 'no' });
    if (this.#mayBeRecorded(record)) void this.#write(record);
    else this.#count(record);
  }

  /** No timer from now on: what is still refused is summed up at the very end. */
  beforeApplicationShutdown(): void {
    this.#ending = true;
    this.#cancel?.();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#summarise();
  }

  #mayBeRecorded({ caller, address }: RefusalRecord): boolean {
    // The first record that it takes shows that the trail can be written again: one is always tried, and never two at once.
    if (!this.trail.writable) return this.#beingWritten === 0;
    if (caller !== undefined) return this.#ofCaller.take(caller) === 0;
    const neighbourhood = neighbourhoodOf(address);
    if (!this.#ofAll.has(ALL) || this.#ofAddress.take(neighbourhood) > 0) return false;
    return this.#ofAll.take(ALL) === 0;
  }

  async #write(record: RefusalRecord): Promise<void> {
    this.#beingWritten += 1;
    try {
      await this.trail.recordRefusal(record);
    } catch {
      this.#count(record);
    } finally {
      this.#beingWritten -= 1;
    }
  }

  #count({ caller, code, at, address }: RefusalRecord): void {
    const counts = this.#counts.get(caller) ?? new RefusalCounts();
    this.#counts.set(caller, counts);
    counts.count(code, Date.parse(at), neighbourhoodOf(address));
    this.#summariseLater();
  }

  #summariseLater(): void {
    if (this.#ending) return;
    this.#cancel ??= this.clock.schedule(SUMMARY_EVERY_MS, () => {
      this.#cancel = undefined;
      void this.#summarise();
    });
  }

  async #summarise(): Promise<void> {
    const all = [...this.#counts];
    this.#counts.clear();
    const at = this.clock.now();
    await Promise.all(all.map(([caller, counts]) => this.#writeSummary(caller, counts, at)));
  }

  /** What can't be written now is part of the next one. */
  async #writeSummary(caller: Whose, counts: RefusalCounts, at: number): Promise<void> {
    try {
      await this.trail.recordRefusal(counts.summary(at, caller));
    } catch {
      const later = this.#counts.get(caller);
      if (later) later.add(counts);
      else this.#counts.set(caller, counts);
      this.#summariseLater();
    }
  }
}

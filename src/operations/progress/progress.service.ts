import { Readable } from 'node:stream';

import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

import { AuditTrail, AuditUnavailable, ChainCheck, OperationStore, targetsOf } from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { CallerCounts } from '../../access/caller-quota.js';
import { Quotas } from '../../access/quotas.js';
import { Metrics } from '../../metrics/metrics.js';
import { refuse } from '../../problems/catalogue.js';
import { RunningOperations } from '../execution/running-operations.js';
import { eventsOf, eventText, HEARTBEAT, type Followed } from './progress.events.js';
import type { ReceiptDto } from '../receipts/receipt.dto.js';
import { receiptOf, shortened } from '../receipts/receipt.js';

/** How often it is looked whether another process has got on with an operation. */
const LOOK_EVERY_MS = 2_000;

/** Limits how many operations are followed at once: each stream keeps a connection open and reads the store. */
@Injectable()
export class Followers {
  readonly #own = new CallerCounts();
  readonly #most: number;
  #all = 0;

  constructor(
    @Inject(CONFIG) { limits }: Config,
    private readonly quotas: Quotas,
    metrics: Metrics,
  ) {
    this.#most = limits.followers;
    metrics.watch('hss_gateway_followers', 'Operations that are followed at the moment.', () => this.#all);
  }

  /** Takes a place. @returns gives it back, once @throws Problem 429 where there is none, 403 where there never is */
  take(caller: Caller): () => void {
    const most = this.quotas.limitsOf(caller).followers ?? Infinity;
    if (most === 0 || this.#most === 0) {
      throw refuse('over_limit', { limit: 'You may follow no operations. Read the receipt instead.' });
    }
    if (this.#own.of(caller.id) >= most) throw refuse('follower_limit', { most });
    if (this.#all >= this.#most) throw refuse('follower_limit', {});
    this.#change(caller.id, 1);
    let taken = true;
    return () => {
      if (taken) this.#change(caller.id, -1);
      taken = false;
    };
  }

  #change(caller: string, change: 1 | -1): void {
    this.#all += change;
    this.#own.change(caller, change);
  }
}

/** Follows operations of a caller, and cancels them. */
@Injectable()
export class ProgressService implements OnModuleDestroy {
  readonly #heartbeatMs: number;
  #stopped = false;

  constructor(
    @Inject(CONFIG) { background }: Config,
    private readonly store: OperationStore,
    private readonly trail: AuditTrail,
    private readonly chain: ChainCheck,
    private readonly running: RunningOperations,
    private readonly followers: Followers,
    private readonly clock: Clock,
  ) {
    this.#heartbeatMs = background.heartbeatMs;
  }

  /** Ends the streams; their clients resume at the next process with the last event that they received. */
  onModuleDestroy(): void {
    this.#stopped = true;
    this.running.news.emitToAll();
  }

  /** @throws Problem 404 also for what belongs to another caller, 409, 503 */
  async cancel(id: string, context: CallContext): Promise<ReceiptDto> {
    const { requestId, caller, credential, onBehalfOf } = context;
    const trail = await this.store.findOwn(id, context.caller.id);
    if (trail.outcome) throw refuse('operation_over');
    if (!trail.intent.background) throw refuse('not_in_background');
    if (!(await this.chain.isInPlace(id))) throw refuse('record_unverified');
    if (trail.cancellation) return shortened(receiptOf(trail));
    const cancellation = {
      kind: 'cancellation',
      operationId: id,
      at: new Date(this.clock.now()).toISOString(),
      requestId,
      caller: caller.id,
      ...(credential && { credential: { kind: credential.kind, id: credential.id } }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
    } as const;
    try {
      return shortened(receiptOf(await this.trail.recordCancellation(cancellation, trail)));
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      throw refuse('audit_unavailable', 'cancellation', undefined, { cause: error });
    }
  }

  /**
   * Server-sent events. They are made as they are read: a client that does not read costs nothing but its connection.
   *
   * They end when the client loses the right to read.
   *
   * @param seen chunks that the client knows of
   * @param mayRead whether the client still has the right, each time it is asked
   * @throws Problem 404, also for what belongs to another caller, 429
   */
  async follow(id: string, seen: number, caller: Caller, mayRead: () => boolean): Promise<Readable> {
    const { intent } = await this.store.findOwn(id, caller.id);
    const giveBack = this.followers.take(caller);
    const total = targetsOf(intent).length;
    const gone = new AbortController();
    const made = this.#events(id, total, seen, mayRead, gone.signal);
    const iterator = {
      next: () => made.next(),
      // A generator that waits for news would be left only when there are some.
      return: () => {
        gone.abort();
        return made.return(undefined);
      },
    };
    const events = Readable.from({ [Symbol.asyncIterator]: () => iterator }, { objectMode: false });
    // Not when the events end: of a client that is gone before it began to read none is ever made.
    return events.once('close', giveBack);
  }

  async *#events(
    id: string,
    total: number,
    seen: number,
    mayRead: () => boolean,
    gone: AbortSignal,
  ): AsyncGenerator<string> {
    let followed: Followed = { total, chunks: 0, done: 0 };
    let place = 0;
    let quietSince = this.clock.monotonic();
    yield HEARTBEAT;
    while (!this.#stopped && !gone.aborted && mayRead()) {
      const changed = this.#change(id, gone);
      const news = await this.store.news(id, place);
      for (const { seq, record } of news) {
        const { events, followed: after } = eventsOf(followed, record);
        [followed, place] = [after, seq];
        for (const event of events) {
          if (event.event === 'end' || Number(event.id) > seen) yield eventText(event);
        }
        if (record.kind === 'outcome') return;
      }
      if (news.length > 0) quietSince = this.clock.monotonic();
      else if (this.clock.monotonic() - quietSince >= this.#heartbeatMs) {
        yield HEARTBEAT;
        quietSince = this.clock.monotonic();
      }
      await changed;
    }
  }

  /** Resolves when there may be news, or the client is gone. Subscribes before the store is read, so that nothing is missed between. */
  #change(id: string, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        gone.removeEventListener('abort', wake);
        unfollow();
        cancel();
        resolve();
      };
      const unfollow = this.running.news.subscribe(id, wake);
      const cancel = this.clock.schedule(Math.min(this.#heartbeatMs, LOOK_EVERY_MS), wake);
      gone.addEventListener('abort', wake);
    });
  }
}

import { Inject, Injectable, Logger } from '@nestjs/common';

import type { IntentRecord, OperationTrail } from '../../../audit/audit-record.js';
import { AuditUnavailable } from '../../../audit/audit.engine.js';
import { ChainCheck } from '../../../audit/chain-check.js';
import { OperationStore, type Rivals } from '../../../audit/operation.store.js';
import { CONFIG, type Config } from '../../../config/config.js';
import type { CallContext } from '../../../domain/caller.js';
import { Clock } from '../../../domain/clock.js';
import { OPERATIONS } from '../../../domain/operation-type.js';
import type { Fault } from '../../../domain/outcome.js';
import { SettlementService } from '../../settlement/settlement.service.js';
import { mayAudit } from '../../own-operation.js';
import { RunningOperations, SHUTTING_DOWN } from '../../execution/running-operations.js';
import { doneBefore } from './done-before.js';
import { holdsOf } from './in-the-way.js';
import { targetBusy, type Busy } from './target-busy.js';

/** Milliseconds between two looks where nothing wakes: more each time, up to the last one. */
const LOOK_AFTER_MS = [20, 50, 100, 200, 400];
/** Acts in doubt whose time is counted; of older ones it begins anew. */
const MAX_COUNTED = 10_000;

/** Who wants to act. */
export interface TurnWish {
  readonly intent: Pick<IntentRecord, 'operationId' | 'operation' | 'at'>;
  /** What is to be acted on: event ids, or ids of items. */
  readonly targets: readonly string[];
  /** What its targets were when they were looked up; absent: they were not. */
  readonly lookedUp?: object;
  /** Milliseconds that it waits at most; absent: until its deadline. */
  readonly patienceMs?: number;
}

/** It may act. */
export interface Taken {
  /** Others acted on its targets meanwhile, or may have. */
  readonly waited: boolean;
  /** Targets to which an earlier operation did the same, as far as the trail tells, or may have, and when that was. */
  readonly doneBefore: ReadonlyMap<string, number>;
  /** Targets to which an earlier operation does the same at this moment, which does no harm. */
  readonly overlapped?: ReadonlySet<string>;
}

export type Turn = Taken | { readonly refused: Fault };

const AT_ONCE: Taken = { waited: false, doneBefore: new Map() };
/** How long what does no harm twice waits for the same before it. */
const SHORT_PATIENCE_MS = 1_000;
/** What was written down so shortly before may have come after the look at upstream's state. */
const A_MOMENT_MS = 5_000;

/**
 * Whose turn it is to act on a target. Acts that do more when they are done twice go one after the other, in the order of their
 * intents in the trail, which is one for all gateways that share a database: each waits for the earlier ones, so no two wait for
 * each other.
 */
@Injectable()
export class Turns {
  readonly #logger = new Logger(Turns.name);
  /** Since when an act has been known to be in doubt, by the monotonic clock. */
  readonly #inDoubtSince = new Map<string, number>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly chain: ChainCheck,
    private readonly settler: SettlementService,
    private readonly running: RunningOperations,
    private readonly clock: Clock,
  ) {}

  /** Resolves when it is the turn of an operation, or when it can't wait any longer. */
  async take(wish: TurnWish, context: CallContext): Promise<Turn> {
    const { isIdempotent: setsState } = OPERATIONS[wish.intent.operation];
    // Where nobody looked, nothing is claimed of the state before.
    if (setsState && !wish.lookedUp) return AT_ONCE;
    try {
      return await (setsState ? this.#follow(wish, context) : this.#take(wish, context));
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      const { operationId } = wish.intent;
      this.#logger.error({ err: error.cause, operationId }, 'the audit trail cannot be read');
      return { refused: UNREADABLE };
    }
  }

  async #take(wish: TurnWish, context: CallContext): Promise<Turn> {
    const { intent, targets, patienceMs = Infinity } = wish;
    const until = Math.min(context.deadlineAt, this.clock.monotonic() + patienceMs);
    for (let looks = 0; ; looks += 1) {
      // Its outcome is written without it.
      if (this.running.isStopped) return { refused: STOPPED };
      const rivals = await this.store.earlierRivals(intent, targets);
      const busy = await this.#firstHold(rivals.open, targets, context);
      if (!busy) return this.#taken(wish, rivals, looks > 0);
      const left = until - this.clock.monotonic();
      if (left <= 0) return { refused: targetBusy(busy) };
      const pause = LOOK_AFTER_MS[Math.min(looks, LOOK_AFTER_MS.length - 1)] ?? 0;
      await this.clock.wait(Math.min(pause, left));
    }
  }

  /** Of what does no harm twice: the same before it is waited for a moment, so that what it does is not claimed by both. */
  async #follow({ intent, targets }: TurnWish, context: CallContext): Promise<Turn> {
    const until = Math.min(context.deadlineAt, this.clock.monotonic() + SHORT_PATIENCE_MS);
    const wanted = new Set(targets);
    for (let looks = 0; ; looks += 1) {
      const rivals = await this.store.earlierRivals(intent, targets);
      const open = rivals.open.flatMap((earlier) => holdsOf(earlier, wanted, () => true));
      const left = until - this.clock.monotonic();
      if (open.length === 0 || left <= 0) {
        const earlier = [...rivals.open, ...(await this.store.findAll(rivals.ended))];
        const done = doneBefore(intent.operation, targets, earlier);
        const lately = [...done.values()].some((at) => Math.abs(Date.parse(intent.at) - at) < A_MOMENT_MS);
        const overlapped = new Set(open.map(({ target }) => target));
        return looks > 0 || lately || open.length > 0
          ? { waited: true, doneBefore: done, overlapped }
          : AT_ONCE;
      }
      const pause = LOOK_AFTER_MS[Math.min(looks, LOOK_AFTER_MS.length - 1)] ?? 0;
      await this.clock.wait(Math.min(pause, left));
    }
  }

  /** What takes something back does no harm where nothing is to be taken back. */
  async #taken(
    { intent: { operation }, targets }: TurnWish,
    rivals: Rivals,
    waited: boolean,
  ): Promise<Taken> {
    if (!waited && OPERATIONS[operation].isReversal) return AT_ONCE;
    const earlier = [...rivals.open, ...(await this.store.findAll(rivals.ended))];
    return { waited, doneBefore: doneBefore(operation, targets, earlier) };
  }

  async #firstHold(
    rivals: readonly OperationTrail[],
    targets: readonly string[],
    { caller }: CallContext,
  ): Promise<Busy | undefined> {
    const wanted = new Set(targets);
    for (const earlier of rivals) {
      const { intent } = earlier;
      const [hold] = holdsOf(earlier, wanted, (target) => this.#quietInMs(earlier, target) <= 0);
      // What is not believed is never carried out, and would hold its targets for good.
      if (!hold || !(await this.chain.isWholeSince(intent.operationId))) continue;
      const isTold = intent.caller === caller.id || mayAudit(caller, intent.scope);
      return {
        ...hold,
        ...(isTold && { operationId: intent.operationId }),
        ...(hold.why === 'in_doubt' && { quietInMs: this.#quietInMs(earlier, hold.target) }),
      };
    }
    return undefined;
  }

  /** Until what may come of an act in doubt has shown: from when on it was over, as far as this process knows. */
  #quietInMs({ intent: { operationId } }: OperationTrail, target: string): number {
    const now = this.clock.monotonic();
    const name = `${operationId} ${target}`;
    const seen = this.#inDoubtSince.get(name) ?? now;
    this.#count(name, seen);
    const since = Math.min(seen, this.settler.since(operationId) ?? seen);
    return since + this.config.upstream.settleQuietMs - now;
  }

  #count(name: string, since: number): void {
    if (this.#inDoubtSince.has(name)) return;
    this.#inDoubtSince.set(name, since);
    const [oldest] = this.#inDoubtSince.keys();
    if (this.#inDoubtSince.size > MAX_COUNTED && oldest !== undefined) this.#inDoubtSince.delete(oldest);
  }
}

const STOPPED: Fault = {
  code: SHUTTING_DOWN.code,
  status: SHUTTING_DOWN.status,
  detail: 'The gateway shut down before this was sent. Nothing was done; send it again.',
  retryable: true,
};

const UNREADABLE: Fault = {
  code: 'audit_unreadable',
  status: 503,
  detail:
    'The audit trail cannot be read, so it is not known whether another operation acts on the same. Nothing was done; try again later.',
  retryable: true,
};

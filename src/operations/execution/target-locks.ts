import { Inject, Injectable, Logger } from '@nestjs/common';

import {
  alarmOutcomes,
  AuditUnavailable,
  ChainCheck,
  type IntentRecord,
  OperationStore,
  type OperationTrail,
  type Rivals,
} from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { OPERATIONS, type OperationName } from '../../domain/operation-type.js';
import type { Fault, KnownAlarmOutcome } from '../../domain/outcome.js';
import type { TargetBusyFacts } from '../../problems/admission.js';
import { faultFor } from '../../problems/catalogue.js';
import { mayReadOperation } from '../../access/grants.js';
import { SettlementService } from '../settlement/settlement.service.js';
import { RunningOperations } from './running-operations.js';

/** Milliseconds between two checks where nothing wakes: more each time, up to the last one. */
const CHECK_AFTER_MS = [20, 50, 100, 200, 400];
/** Acts in doubt whose time is counted; of older ones it begins anew. */
const MAX_COUNTED = 10_000;
/** Seconds to wait, where the operation that holds a target is under way. */
const DEFAULT_WAIT_SECONDS = 2;
/** An act that may be done twice waits so long for the same act before it. */
const SHORT_PATIENCE_MS = 1_000;
/** What was recorded so shortly before may have come after upstream's state was read. */
const A_MOMENT_MS = 5_000;

/** What is to be acted on, and by what. */
interface LockRequest {
  readonly intent: Pick<IntentRecord, 'operationId' | 'operation' | 'at'>;
  /** Event ids, or ids of items. */
  readonly targets: readonly string[];
  /** What its targets were when they were looked up; absent: they were not. */
  readonly lookedUp?: object;
  /** Milliseconds that it waits at most; absent: until its deadline. */
  readonly patienceMs?: number;
}

/** The targets may be acted on. */
export interface Acquired {
  /** Others acted on the targets meanwhile, or may have. */
  readonly waited: boolean;
  /** Targets to which an earlier operation did the same according to the trail, or may have, and when that was. */
  readonly doneBefore: ReadonlyMap<string, number>;
  /** Targets to which an earlier operation does the same at this moment, which does no harm. */
  readonly overlapped?: ReadonlySet<string>;
}

/** A target that an earlier operation still holds. */
type Hold = Pick<TargetBusyFacts, 'target' | 'why'>;

/** A hold, and when it ends. */
interface Busy extends TargetBusyFacts {
  /** Milliseconds until an act of unknown outcome holds the target no longer. */
  readonly quietInMs?: number;
}

const AT_ONCE: Acquired = { waited: false, doneBefore: new Map() };

/**
 * Locks on targets, without a lock anywhere: acts that do more when they are done twice go one after the other on one target, in the
 * order of their intents in the trail, which is one for all gateways that share a database. Each waits for the earlier ones, so no two
 * wait for each other.
 */
@Injectable()
export class TargetLocks {
  readonly #logger = new Logger(TargetLocks.name);
  /** Since when an act has been known to be in doubt, by the monotonic clock. */
  readonly #inDoubtSince = new Map<string, number>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly chain: ChainCheck,
    private readonly settlement: SettlementService,
    private readonly running: RunningOperations,
    private readonly clock: Clock,
  ) {}

  /** Resolves when an operation may act on its targets, or when it cannot wait any longer. */
  async acquire(request: LockRequest, context: CallContext): Promise<Acquired | { readonly refused: Fault }> {
    const { isIdempotent } = OPERATIONS[request.intent.operation];
    // Where nobody looked, nothing is claimed of the state before.
    if (isIdempotent && !request.lookedUp) return AT_ONCE;
    try {
      return await (isIdempotent ? this.#overlap(request, context) : this.#waitForEarlier(request, context));
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      const { operationId } = request.intent;
      this.#logger.error({ err: error.cause, operationId }, 'the audit trail cannot be read');
      return { refused: faultFor('audit_unreadable', 'targets') };
    }
  }

  async #waitForEarlier(
    request: LockRequest,
    context: CallContext,
  ): Promise<Acquired | { readonly refused: Fault }> {
    const { intent, targets, patienceMs = Infinity } = request;
    const until = Math.min(context.deadlineAt, this.clock.monotonic() + patienceMs);
    for (let checks = 0; ; checks += 1) {
      // Its outcome is written without it.
      if (this.running.isStopped) return { refused: faultFor('shutting_down', 'before_sending') };
      const rivals = await this.store.earlierRivals(intent, targets);
      const busy = await this.#firstHold(rivals.open, targets, context);
      if (!busy) return this.#acquired(request, rivals, checks > 0);
      const left = until - this.clock.monotonic();
      if (left <= 0) return { refused: busyFault(busy) };
      await this.#pause(checks, left);
    }
  }

  /** An act that may be done twice waits a moment for the same act before it, so that both do not claim what it does. */
  async #overlap({ intent, targets }: LockRequest, context: CallContext): Promise<Acquired> {
    const until = Math.min(context.deadlineAt, this.clock.monotonic() + SHORT_PATIENCE_MS);
    const wanted = new Set(targets);
    for (let checks = 0; ; checks += 1) {
      const rivals = await this.store.earlierRivals(intent, targets);
      const open = rivals.open.flatMap((earlier) => holdsOf(earlier, wanted, () => true));
      const left = until - this.clock.monotonic();
      if (open.length === 0 || left <= 0) {
        const done = await this.#doneBefore(intent.operation, targets, rivals);
        const lately = [...done.values()].some((at) => Math.abs(Date.parse(intent.at) - at) < A_MOMENT_MS);
        const overlapped = new Set(open.map(({ target }) => target));
        return checks > 0 || lately || open.length > 0
          ? { waited: true, doneBefore: done, overlapped }
          : AT_ONCE;
      }
      await this.#pause(checks, left);
    }
  }

  #pause(checks: number, left: number): Promise<void> {
    const pause = CHECK_AFTER_MS[Math.min(checks, CHECK_AFTER_MS.length - 1)] ?? 0;
    return this.clock.wait(Math.min(pause, left));
  }

  /** A reversal does no harm where there is nothing to reverse. */
  async #acquired(
    { intent: { operation }, targets }: LockRequest,
    rivals: Rivals,
    waited: boolean,
  ): Promise<Acquired> {
    if (!waited && OPERATIONS[operation].isReversal) return AT_ONCE;
    return { waited, doneBefore: await this.#doneBefore(operation, targets, rivals) };
  }

  async #doneBefore(
    operation: OperationName,
    targets: readonly string[],
    { open, ended }: Rivals,
  ): Promise<ReadonlyMap<string, number>> {
    return doneBefore(operation, targets, [...open, ...(await this.store.findAll(ended))]);
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
      // An operation whose records are not believed is never carried out, and would hold its targets for good.
      if (!hold || !(await this.chain.isWholeSince(intent.operationId))) continue;
      const mayKnow = mayReadOperation(caller, intent.caller, intent.scope);
      return {
        ...hold,
        ...(mayKnow && { operationId: intent.operationId }),
        ...(hold.why === 'in_doubt' && { quietInMs: this.#quietInMs(earlier, hold.target) }),
      };
    }
    return undefined;
  }

  /** Until what may come of an act in doubt has shown, counted from when it was over as far as this process knows. */
  #quietInMs({ intent: { operationId } }: OperationTrail, target: string): number {
    const now = this.clock.monotonic();
    const name = `${operationId} ${target}`;
    const seen = this.#inDoubtSince.get(name) ?? now;
    this.#count(name, seen);
    const since = Math.min(seen, this.settlement.since(operationId) ?? seen);
    return since + this.config.upstream.settleQuietMs - now;
  }

  #count(name: string, since: number): void {
    if (this.#inDoubtSince.has(name)) return;
    this.#inDoubtSince.set(name, since);
    const [oldest] = this.#inDoubtSince.keys();
    if (this.#inDoubtSince.size > MAX_COUNTED && oldest !== undefined) this.#inDoubtSince.delete(oldest);
  }
}

/**
 * Which of some targets an earlier operation holds, each by itself.
 *
 * @param isQuiet whether there was time enough for everything that may still come of an act of unknown outcome to show
 */
export function holdsOf(
  earlier: OperationTrail,
  targets: ReadonlySet<string>,
  isQuiet: (target: string) => boolean,
): Hold[] {
  return alarmOutcomes(earlier).flatMap(({ eventId: target, outcome, reason }): Hold[] => {
    if (!targets.has(target)) return [];
    if (outcome === 'pending') return [{ target, why: 'under_way' }];
    // What can never be distinguished holds nothing: its time is over too.
    const isOpen = outcome === 'unknown' && reason !== 'indistinguishable';
    return isOpen && !isQuiet(target) ? [{ target, why: 'in_doubt' }] : [];
  });
}

/** Of these nothing came. */
const NOTHING_DONE: ReadonlySet<KnownAlarmOutcome> = new Set(['rejected', 'not_attempted', 'pending']);

/**
 * Targets of which the trail says last that the same was done to them, or may have been, and when that was recorded, in epoch
 * milliseconds.
 *
 * @param earlier operations on them, in any order
 */
export function doneBefore(
  operation: OperationName,
  targets: readonly string[],
  earlier: readonly OperationTrail[],
): ReadonlyMap<string, number> {
  const wanted = new Set(targets);
  const last = new Map<string, OperationTrail>();
  const beganAt = ({ place }: OperationTrail) => place?.began ?? 0;
  for (const trail of [...earlier].sort((one, another) => beganAt(one) - beganAt(another))) {
    for (const { eventId, outcome } of alarmOutcomes(trail)) {
      if (wanted.has(eventId) && !NOTHING_DONE.has(outcome)) last.set(eventId, trail);
    }
  }
  const same = [...last].filter(([, { intent }]) => intent.operation === operation);
  return new Map(same.map(([target, { intent, outcome }]) => [target, Date.parse(outcome?.at ?? intent.at)]));
}

/** Why an operation was not begun although its time was over: an earlier one on the same target has not ended. */
function busyFault({ quietInMs = 0, ...busy }: Busy): Fault {
  const retryAfter = Math.max(DEFAULT_WAIT_SECONDS, Math.ceil(quietInMs / 1_000));
  return faultFor('target_busy', busy, { retryAfter });
}

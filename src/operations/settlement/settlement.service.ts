import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import {
  alarmOutcomes,
  openAlarms,
  targetsOf,
  type IntentRecord,
  type OperationKind,
  type OperationTrail,
  type SettledAlarm,
  AuditTrail,
  OperationTakenOver,
  isGivenUp,
  transition,
  OperationStore,
  Recovery,
  seenAlarms,
  statusOf,
} from '../../audit/index.js';
import { seenIn } from '../../alarms/seen-alarm.js';
import { CONFIG, type Config, type ProjectConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { CHUNK_SIZE } from '../../domain/outcome.js';
import { observedStates, recordedBody, type HssBody, type ObservedAlarm } from '../../hss/index.js';
import { UpstreamClient } from '../../upstream/index.js';
import { interferenceWith, type Interference } from './interference.js';
import { isStuck, resolveOutcome, resolveUnderWay, type Times } from './resolve-outcome.js';

/** Milliseconds between looks: soon at first, then less and less often, and in the end once an hour. */
const LOOK_AFTER_MS = [
  1_000, 3_000, 8_000, 10_000, 10_000, 10_000, 20_000, 60_000, 300_000, 900_000, 3_600_000,
];
const LAST_LOOK_AFTER_MS = 3_600_000;
/** How long one look may take. */
const LOOK_DEADLINE_MS = 15_000;
/** Timers may be early by as much. */
const TIMER_LEEWAY_MS = 5;
/** Of the other operations on an alarm so many are looked at, the latest first. */
const MAX_OTHERS = 100;

/** One look that is to come. */
interface Look {
  readonly intent: IntentRecord;
  /** Nothing was sent after it, by the monotonic clock: when the outcome became known here, or was taken over. */
  readonly since: number;
  /** How many came before. */
  readonly look: number;
}

/** What an alarm came to, as far as upstream's state says. */
export interface FoundAlarm extends SettledAlarm, Pick<ObservedAlarm, 'row'> {
  /** Whether its state says anything at all. */
  readonly isClear: boolean;
}

/**
 * Finds out what came of acts whose answer was lost, by reading upstream's state, and records it. What cannot be found out in
 * time is recorded as unknown, counted and logged, for a person to look at; the gateway continues to look now and then.
 */
@Injectable()
export class SettlementService implements OnModuleDestroy {
  readonly #logger = new Logger(SettlementService.name);
  readonly #watched = new Map<string, { readonly since: number; readonly cancel: () => void }>();
  readonly #givenUp = new Set<string>();
  readonly #looking = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
    private readonly clock: Clock,
    recovery: Recovery,
  ) {
    recovery.onRecovered((operation) => this.#recover(operation));
  }

  /** Operations that could not be settled in time, so far. */
  get unsettled(): number {
    return this.#givenUp.size;
  }

  /** Operations that are being settled. */
  get watched(): number {
    return this.#watched.size;
  }

  /** After which time of the monotonic clock nothing was sent for an operation that is being settled; undefined: it is not. */
  since(operationId: string): number | undefined {
    return this.#watched.get(operationId)?.since;
  }

  /** What another process left unknown, or an earlier run of this one. */
  #recover(operation: OperationTrail): void {
    const { intent, outcome } = operation;
    if (!outcome || openAlarms(operation).size === 0) return;
    if (isGivenUp(operation)) this.#givenUp.add(intent.operationId);
    this.watch(intent);
  }

  /** A look that is under way comes to its end and records nothing. */
  onModuleDestroy(): void {
    this.#stopped = true;
    for (const { cancel } of this.#watched.values()) cancel();
    this.#watched.clear();
  }

  /** Settles an operation of unknown outcome in the background. */
  watch(intent: IntentRecord): void {
    const since = this.clock.monotonic();
    this.#schedule({ intent, since, look: 0 }, LOOK_AFTER_MS[0] ?? LAST_LOOK_AFTER_MS);
  }

  /**
   * What came of each alarm of one chunk that may have been sent and that is not sent meanwhile, as far as upstream's state shows
   * now.
   *
   * @param own the operation, as the trail has it
   * @param body of the chunk, as it travelled
   * @param since time of the monotonic clock: it was not sent after it
   * @param more how long after that what was done may take to show, and whether upstream refused it
   */
  async lookAt(
    own: OperationTrail,
    project: ProjectConfig,
    body: HssBody,
    since: number,
    more: Partial<Pick<Times, 'quietMs' | 'refused'>> = {},
  ): Promise<FoundAlarm[]> {
    const { operation, scope, operationId } = own.intent;
    const times = { ...this.#times(since), ...more };
    const act = { operation, scope, project, body };
    const states = await observedStates(this.upstream, act, this.#context(operationId));
    return Promise.all(
      states.map(async (found) => ({
        ...resolveOutcome(found, await this.#interference(found, own), times),
        isClear: found.state !== 'unknown',
        ...(found.row && { row: found.row }),
      })),
    );
  }

  #schedule(next: Look, delay: number): void {
    if (this.#stopped) return;
    const { intent } = next;
    const { project } = intent.scope;
    const cancel = this.clock.schedule(delay, () => {
      // One look at a time in each project, so that many unknowns at once do not become many calls at once.
      const before = this.#looking.get(project) ?? Promise.resolve();
      this.#looking.set(
        project,
        before.then(() => this.#look(next)),
      );
    });
    this.#watched.set(intent.operationId, { since: next.since, cancel });
  }

  async #look({ intent, since, look }: Look): Promise<void> {
    if (this.#stopped) return;
    const { operationId } = intent;
    let next = LOOK_AFTER_MS[look + 1] ?? LAST_LOOK_AFTER_MS;
    try {
      const decisive = await this.#settle(operationId, since);
      if (decisive === undefined) {
        this.#watched.delete(operationId);
        return;
      }
      next = Math.min(next, decisive - this.clock.monotonic() + TIMER_LEEWAY_MS);
    } catch (error) {
      if (error instanceof OperationTakenOver) {
        // Another process settles it by now.
        this.#watched.delete(operationId);
        this.#givenUp.delete(operationId);
        return;
      }
      this.#logger.warn(
        { err: error, operationId },
        'an unknown outcome could not be looked up; trying again',
      );
    }
    this.#schedule({ intent, since, look: look + 1 }, next);
  }

  /**
   * One look; answers from when on the next one may show more, by the monotonic clock, or undefined when it was the last.
   *
   * @param since nothing was sent after it, by the monotonic clock
   */
  async #settle(operationId: string, since: number): Promise<number | undefined> {
    const trail = await this.store.find(operationId);
    if (!trail) return undefined;
    // It could not be recorded yet.
    if (!trail.outcome) return Infinity;
    const open = openAlarms(trail);
    if (open.size === 0) return undefined;
    // Of before the reading: what is not done then may be done before the reading ends.
    const times = this.#times(since);
    const late = times.now >= times.giveUpAt;
    const states = await this.#states(trail, new Set(open.keys()));
    const known = seenAlarms(trail);
    const judged = await Promise.all(
      states.map(async (found) => {
        if (open.get(found.eventId) === 'under_way') return resolveUnderWay(found, late);
        const refused = isRefused(trail, found.eventId);
        return resolveOutcome(found, await this.#interference(found, trail), { ...times, refused });
      }),
    );
    if (this.#stopped) return Infinity;
    const alarms = judged.flatMap((alarm, index): SettledAlarm[] => {
      const row = states[index]?.row;
      const seen = alarm && row && !known?.has(alarm.eventId) && seenIn(row);
      return alarm ? [{ ...alarm, ...(seen && { seen }) }] : [];
    });
    const stuck = alarms.some(isStuck);
    // Giving up is recorded once; it is looked at again now and then: upstream, or our right to read it, may come back.
    if (alarms.length > 0 && (!stuck || (late && !this.#givenUp.has(operationId))))
      await this.#record(trail, alarms, !stuck);
    if (alarms.length === open.size && !stuck && alarms.every(({ underWay }) => !underWay)) return undefined;
    const decisive = [times.concludedAt + times.quietMs, times.giveUpAt].filter((at) => at > times.now);
    return Math.min(...decisive);
  }

  #times(concludedAt: number): Times & { readonly giveUpAt: number } {
    const { settleQuietMs, settleGiveUpMs } = this.config.upstream;
    return {
      concludedAt,
      now: this.clock.monotonic(),
      quietMs: settleQuietMs,
      giveUpAt: concludedAt + settleGiveUpMs,
    };
  }

  async #interference(found: ObservedAlarm, own: OperationTrail): Promise<Interference> {
    if (found.state === 'unknown') return 'none';
    const { scope, operationId } = own.intent;
    const fits = ({ project }: OperationKind) => project === scope.project;
    const { ids } = await this.store.page({ eventId: found.eventId, fits }, MAX_OTHERS + 1);
    const others = await this.store.findAll(ids.filter((id) => id !== operationId).slice(0, MAX_OTHERS));
    return interferenceWith(found, own, others, this.config.upstream.settleQuietMs);
  }

  async #states(trail: OperationTrail, unknown: ReadonlySet<string>): Promise<ObservedAlarm[]> {
    const { operation, scope, operationId } = trail.intent;
    const targets = targetsOf(trail.intent);
    const unclear = [...unknown].map((eventId): ObservedAlarm => ({ eventId, state: 'unknown' }));
    const project = this.config.projects.get(scope.project);
    const context = this.#context(operationId);
    // A project of that name may be another one by now.
    if (!project || (await this.upstream.projectId(project, context)) !== scope.projectId) return unclear;
    const states: ObservedAlarm[] = [];
    for (const [index, text] of (await this.store.requests(operationId)).entries()) {
      const chunk = targets.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE);
      if (!chunk.some((eventId) => unknown.has(eventId))) continue;
      const act = { operation, scope, project, body: recordedBody(text) };
      states.push(...(await observedStates(this.upstream, act, context)));
    }
    return states.filter(({ eventId }) => unknown.has(eventId));
  }

  async #record(trail: OperationTrail, alarms: readonly SettledAlarm[], settled: boolean): Promise<void> {
    const { operationId } = trail.intent;
    const at = new Date(this.clock.now()).toISOString();
    const record = { kind: 'settlement', operationId, at, alarms, settled, status: 'unknown' } as const;
    const status = statusOf(alarmOutcomes(transition(trail, record)));
    await this.trail.recordSettlement({ ...record, status }, trail);
    if (!settled) {
      this.#givenUp.add(operationId);
      this.#logger.error(
        { operationId },
        'an outcome stays unknown: look at what it was about in the HSS console',
      );
      return;
    }
    this.#givenUp.delete(operationId);
    if (alarms.some(({ outcome }) => outcome === 'unknown')) {
      this.#logger.warn(
        { operationId },
        'an outcome stays unknown for good: another operation did the same to its alarms meanwhile',
      );
    }
  }

  #context(operationId: string): CallContext {
    const now = this.clock.monotonic();
    const caller = { id: 'gateway', grants: [] };
    return { requestId: operationId, caller, receivedAt: now, deadlineAt: now + LOOK_DEADLINE_MS };
  }
}

/** Whether upstream refused the call that an alarm went with. */
function isRefused({ intent, chunks }: OperationTrail, eventId: string): boolean {
  const place = targetsOf(intent).indexOf(eventId);
  let end = 0;
  return chunks.find(({ alarms }) => place < (end += alarms))?.refused === true;
}

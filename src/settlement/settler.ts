import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { alarmOutcomes } from '../audit/alarm-outcomes.js';
import type { OperationTrail, SettledAlarm } from '../audit/audit-record.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { OperationStore } from '../audit/operation.store.js';
import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import { statusOf } from '../domain/outcome.js';
import { UpstreamClient, type AlarmStanding } from '../upstream/index.js';
import { judge } from './judgement.js';

/** Milliseconds between looks: soon at first, then less and less often, and in the end once an hour. */
const LOOK_AFTER_MS = [
  1_000, 3_000, 8_000, 10_000, 10_000, 10_000, 20_000, 60_000, 300_000, 900_000, 3_600_000,
];
const LAST_LOOK_AFTER_MS = 3_600_000;
/** How long one look may take. */
const LOOK_DEADLINE_MS = 15_000;

/**
 * Finds out what came of acts whose answer was lost, by reading upstream's state, and records it. What can't be found out in
 * time is recorded as unknown, counted and told, for somebody to look at; the gateway goes on looking now and then.
 */
@Injectable()
export class Settler implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(Settler.name);
  readonly #watched = new Map<string, () => void>();
  readonly #givenUp = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
    private readonly clock: Clock,
  ) {}

  /** Operations that could not be settled in time, so far. */
  get unsettled(): number {
    return this.#givenUp.size;
  }

  /** Operations that are being looked after. */
  get watched(): number {
    return this.#watched.size;
  }

  /** What an earlier run of the gateway left unknown. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { intent, outcome } of await this.store.open()) {
      if (outcome) this.watch(intent.operationId);
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#watched.values()) cancel();
    this.#watched.clear();
    await this.#looking;
  }

  /** Looks after an operation of unknown outcome, in the background. */
  watch(operationId: string): void {
    this.#lookLater(operationId, 0);
  }

  #lookLater(operationId: string, look: number): void {
    if (this.#stopped) return;
    const delay = LOOK_AFTER_MS[look] ?? LAST_LOOK_AFTER_MS;
    const cancel = this.clock.schedule(delay, () => {
      // One look at a time, so that many unknowns at once do not become many calls at once.
      this.#looking = this.#looking.then(() => this.#look(operationId, look));
    });
    this.#watched.set(operationId, cancel);
  }

  async #look(operationId: string, look: number): Promise<void> {
    if (this.#stopped) return;
    try {
      if (await this.#settle(operationId)) {
        this.#watched.delete(operationId);
        return;
      }
    } catch (error) {
      this.#logger.warn(
        { err: error, operationId },
        'an unknown outcome could not be looked up; trying again',
      );
    }
    this.#lookLater(operationId, look + 1);
  }

  /** One look; answers whether it was the last. */
  async #settle(operationId: string): Promise<boolean> {
    const trail = await this.store.find(operationId);
    if (!trail) return true;
    const unknown = new Set(
      alarmOutcomes(trail)
        .filter(({ outcome }) => outcome === 'unknown')
        .map(({ eventId }) => eventId),
    );
    if (unknown.size === 0) return true;
    const requestedAt = Date.parse(trail.intent.at);
    const standings = await this.#standings(trail, unknown);
    const times = { requestedAt, now: this.clock.now(), quietMs: this.config.upstream.settleQuietMs };
    const alarms = standings.map((standing) => judge(standing, times));
    const settled = alarms.every(({ outcome }) => outcome !== 'unknown');
    const late = times.now - requestedAt >= this.config.upstream.settleGiveUpMs;
    // Given up is said once, and looked at again now and then: upstream, or our right to read it, may come back.
    if (settled || (late && !this.#givenUp.has(operationId))) await this.#record(trail, alarms, settled);
    return settled;
  }

  async #standings(trail: OperationTrail, unknown: ReadonlySet<string>): Promise<AlarmStanding[]> {
    const { operation, scope, operationId } = trail.intent;
    const unclear = [...unknown].map((eventId): AlarmStanding => ({ eventId, standing: 'unclear' }));
    const project = this.config.projects.get(scope.project);
    if (!project || project.projectId !== scope.projectId) return unclear;
    const context = this.#context(operationId);
    const standings: AlarmStanding[] = [];
    for (const body of await this.store.requests(operationId)) {
      standings.push(...(await this.upstream.standings({ operation, scope, project, body }, context)));
    }
    return standings.filter(({ eventId }) => unknown.has(eventId));
  }

  async #record(trail: OperationTrail, alarms: readonly SettledAlarm[], settled: boolean): Promise<void> {
    const { operationId } = trail.intent;
    const at = new Date(this.clock.now()).toISOString();
    const record = { kind: 'settlement', operationId, at, alarms, settled, status: 'unknown' } as const;
    const status = statusOf(alarmOutcomes({ ...trail, settlements: [...(trail.settlements ?? []), record] }));
    await this.trail.settle({ ...record, status });
    if (settled) this.#givenUp.delete(operationId);
    else {
      this.#givenUp.add(operationId);
      this.#logger.error({ operationId }, 'an outcome stays unknown: look at its alarms in the HSS console');
    }
  }

  #context(operationId: string): CallContext {
    const now = this.clock.now();
    const caller = { id: 'gateway', grants: [] };
    return { requestId: operationId, caller, receivedAt: now, deadlineAt: now + LOOK_DEADLINE_MS };
  }
}

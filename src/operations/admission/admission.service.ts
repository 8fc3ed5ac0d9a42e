import { Inject, Injectable, Logger } from '@nestjs/common';
import { V7Generator } from 'uuidv7';

import {
  type AppendRejection,
  AuditTrail,
  AuditUnavailable,
  type BrakeRecord,
  type ImpactBudget,
  type IntentRecord,
  NotAdmitted,
  SentMarks,
  TrailState,
} from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { EVENT_CLASSES, EVENT_TYPES } from '../../domain/event-catalog.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import { Quotas } from '../../access/quotas.js';
import { Metrics } from '../../metrics/metrics.js';
import { OVER_LIMIT } from '../../problems/admission.js';
import { refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';
import { ExpirationCapacity } from '../expirations/expiration-capacity.js';
import type { AuthorizedCommand, CommandAlarm, OperationCommand } from '../operation-command.js';
import { BackgroundSlots } from './background-slots.js';
import { enforceGuardRails } from './guard-rails/guard-rails.js';
import { readGuardRails, type GuardRails } from './guard-rails/rails.js';
import { IdempotencyService } from './idempotency.service.js';
import { intentOf, impactOf, sizeOf, type AdmissionConditions } from './intent.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A clock that is set back by no more than this leaves the ids in order. */
const CLOCK_SETBACK_MS = 10_000;
/** The log names so many different unknown values at most. */
const MAX_UNKNOWN_NAMED = 1_000;

/** Why the impact of a command is more than its caller may have. */
type LimitExceeded = Exclude<AppendRejection, { reason: 'claimed' }>;

/** A command whose intent is durable: from now on it is carried out, or its outcome says why not. */
export interface AdmittedCommand extends AuthorizedCommand {
  readonly intent: IntentRecord;
}

/**
 * Decides whether a command is accepted: guard rails, quotas, capacities, and, in the transaction that writes its intent, claims, the
 * daily cap and the brake. A reversal is never held up by the quotas, the daily cap or the brake.
 */
@Injectable()
export class Admission {
  readonly #logger = new Logger(Admission.name);
  readonly #rails: GuardRails;
  readonly #ids = new V7Generator();
  readonly #unknownNamed = new Set<string | number>();

  constructor(
    @Inject(CONFIG) { guardRails }: Config,
    private readonly quotas: Quotas,
    private readonly slots: BackgroundSlots,
    private readonly expirations: ExpirationCapacity,
    private readonly idempotency: IdempotencyService,
    private readonly trail: AuditTrail,
    private readonly marks: SentMarks,
    private readonly state: TrailState,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.#rails = readGuardRails(guardRails);
  }

  /** Resolves when the intent is durable; nothing may be sent before. @throws Problem the one reason why it is not admitted */
  async admit(
    authorized: AuthorizedCommand,
    fingerprint: string,
    context: CallContext,
  ): Promise<AdmittedCommand> {
    const { command } = authorized;
    enforceGuardRails(command, this.#rails);
    const release = this.#takeQuota(command, context);
    try {
      this.#noticeUnknown(command.alarms);
      const conditions = {
        claims: this.idempotency.claimsOf(command, fingerprint),
        reach: this.#budgetFor(command, context.caller),
      };
      const record = () => this.#record(authorized, conditions, context);
      const accept = () =>
        command.expiresAt === undefined ? record() : this.expirations.within(context.caller, record);
      const intent = command.background
        ? await this.slots.take(command, context.caller, accept)
        : await accept();
      return { intent, ...authorized };
    } catch (error) {
      release();
      throw error instanceof NotAdmitted
        ? await this.#refusal(error.why, command, fingerprint, context)
        : error;
    }
  }

  /**
   * Whether a command would be admitted, as far as that does not depend on other requests under its key; nothing is used up.
   *
   * @throws Problem as `admit` does
   */
  async check(command: OperationCommand, context: CallContext): Promise<void> {
    const { caller } = context;
    enforceGuardRails(command, this.#rails);
    if (!OPERATIONS[command.operation].isReversal) {
      requireRequestQuota(context);
      const size = sizeOf(command);
      this.#requireAlarmQuota(caller, size, this.quotas.waitFor('alarms', caller, size));
    }
    const impact = this.#budgetFor(command, caller);
    try {
      if (impact) await this.trail.checkBudget(caller.id, impact, this.clock.now());
    } catch (error) {
      if (!(error instanceof NotAdmitted) || error.why.reason === 'claimed') throw error;
      throw this.#limitProblem(error.why, command, caller);
    }
    if (command.background) this.slots.check(command, caller);
    if (command.expiresAt !== undefined) await this.expirations.check(caller);
  }

  /** Takes what the command acts on of the caller's quota. @returns how to give it back @throws Problem 403, 429 */
  #takeQuota(command: OperationCommand, context: CallContext): () => void {
    if (OPERATIONS[command.operation].isReversal) return () => undefined;
    const { caller } = context;
    const size = sizeOf(command);
    requireRequestQuota(context);
    const takenAt = this.clock.monotonic();
    this.#requireAlarmQuota(caller, size, this.quotas.take('alarms', caller, size));
    return () => this.quotas.giveBack('alarms', caller, size, takenAt);
  }

  /** @param retryAfter seconds until the caller's quota allows it @throws Problem 403 where it never will, 429 */
  #requireAlarmQuota(caller: Caller, size: number, retryAfter: number): void {
    if (retryAfter === 0) return;
    const { alarmsPerMinute: max = 0 } = this.quotas.limitsOf(caller);
    throw size > max
      ? refuse('over_limit', { limit: OVER_LIMIT.alarms(max, size) })
      : refuse('alarm_limit', { max }, { retryAfter });
  }

  /** What a command would change on hosts or hide, with how much its caller may; undefined where it does neither. */
  #budgetFor(command: OperationCommand, caller: Caller): ImpactBudget | undefined {
    const hosts = impactOf(command);
    if (!hosts) return undefined;
    const { destructivePerDay, maxHostsPerHour } = this.quotas.limitsOf(caller);
    const now = this.clock.now();
    return {
      alarms: sizeOf(command),
      hosts,
      dayStart: now - DAY_MS,
      hourStart: now - HOUR_MS,
      ...(destructivePerDay !== undefined && { mostAlarms: destructivePerDay }),
      ...(maxHostsPerHour !== undefined && { mostHosts: maxHostsPerHour }),
    };
  }

  async #record(
    authorized: AuthorizedCommand,
    conditions: AdmissionConditions,
    context: CallContext,
  ): Promise<IntentRecord> {
    // The id begins with the very millisecond of the record, because receipts are found by time through their ids.
    const now = this.clock.now();
    const operationId = this.#ids.generateOrResetCore(now, CLOCK_SETBACK_MS).toString();
    const intent = intentOf(
      authorized,
      context,
      { operationId, at: new Date(now).toISOString() },
      conditions,
    );
    const texts = authorized.command.bodies.map(({ text }) => text);
    if (this.state.broken) throw refuse('audit_broken');
    try {
      this.marks.begin(operationId);
      await this.trail.recordIntent(intent, texts, conditions);
      return intent;
    } catch (error) {
      this.marks.end(operationId);
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error({ err: error.cause, operationId }, 'the audit trail cannot be written');
      throw refuse('audit_unavailable', 'intent', undefined, { cause: error });
    }
  }

  async #refusal(
    why: AppendRejection,
    command: OperationCommand,
    fingerprint: string,
    context: CallContext,
  ): Promise<Problem> {
    if (why.reason === 'claimed') return this.idempotency.refusal(why, fingerprint);
    const { caller, requestId } = context;
    if (why.reason === 'too_many_hosts') {
      const mostHosts = this.quotas.limitsOf(caller).maxHostsPerHour ?? 0;
      this.#logger.error({ caller: caller.id, hosts: why.hosts, mostHosts }, 'a brake is engaged');
      const at = new Date(this.clock.now()).toISOString();
      const of = { requestId, caller: caller.id, engaged: true, hosts: why.hosts, mostHosts };
      await this.#engageBrake({ kind: 'brake', at, ...of });
    }
    return this.#limitProblem(why, command, caller);
  }

  #limitProblem(why: LimitExceeded, command: OperationCommand, caller: Caller): Problem {
    if (why.reason === 'braked') return refuse('brake_engaged', { caller: caller.id });
    const { destructivePerDay: max = 0, maxHostsPerHour: maxHosts = 0 } = this.quotas.limitsOf(caller);
    if (why.reason === 'too_many_hosts') {
      return refuse('brake_engaged', { caller: caller.id, exceeded: { hosts: why.hosts, maxHosts } });
    }
    const size = sizeOf(command);
    if (size > max) return refuse('over_limit', { limit: OVER_LIMIT.destructive(max, size) });
    const retryAfter = Math.max(1, Math.ceil((why.oldestAt + DAY_MS - this.clock.now()) / 1_000));
    return refuse('destructive_limit', { max, done: why.alarms }, { retryAfter });
  }

  /** While the trail cannot be written no operation is admitted, and the hosts are counted again when it can. */
  async #engageBrake(record: BrakeRecord): Promise<void> {
    try {
      await this.trail.recordBrake(record);
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error(
        { err: error.cause, caller: record.caller },
        'an engaged brake could not be recorded',
      );
    }
  }

  /** Event types and classes that the gateway does not know go into the log once each: its lists lag behind upstream's. */
  #noticeUnknown(alarms: readonly CommandAlarm[]): void {
    for (const { eventType, eventClassId } of alarms) {
      if (!EVENT_TYPES.has(eventType)) this.#nameUnknown('eventType', eventType);
      if (!EVENT_CLASSES.has(eventClassId)) this.#nameUnknown('eventClassId', eventClassId);
    }
  }

  #nameUnknown(field: string, value: string | number): void {
    this.metrics.unknownWords.inc({ field });
    if (this.#unknownNamed.has(value) || this.#unknownNamed.size >= MAX_UNKNOWN_NAMED) return;
    this.#unknownNamed.add(value);
    this.#logger.warn({ [field]: value }, 'a word that the gateway does not know passes on to upstream');
  }
}

/** @throws Problem 429 */
function requireRequestQuota({ overQuota }: CallContext): void {
  if (overQuota !== undefined) throw refuse('request_limit', undefined, { retryAfter: overQuota });
}

import { Injectable, Logger } from '@nestjs/common';

import type { AppendRejection, ImpactBudget } from '../../audit/audit.engine.js';
import type { BrakeRecord } from '../../audit/audit-record.js';
import { AuditTrail, AuditUnavailable, NotAdmitted } from '../../audit/audit-trail.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import { Quotas } from '../../http/limits/quotas.js';
import { neverAllowed, Problem, tooMany, tooManyRequests } from '../../problems/problem.js';
import type { OperationCommand } from '../operation-command.js';
import { reachedBy, sizeOf } from './reach.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What was taken of a quota, to be given back when nothing comes of it. */
interface Reservation {
  release(): void;
}

/** Why an order reaches too far. */
type LimitExceeded = Exclude<AppendRejection, { reason: 'claimed' }>;

const NOTHING: Reservation = { release: () => undefined };

/**
 * How much a caller may do. What takes something back is never held: neither by the quotas, nor by the daily cap, nor by the
 * brake.
 */
@Injectable()
export class Limits {
  readonly #logger = new Logger(Limits.name);

  constructor(
    private readonly quotas: Quotas,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** Takes what the order acts on of the caller's quota. @throws Problem 403, 429 */
  take(order: OperationCommand, context: CallContext): Reservation {
    if (OPERATIONS[order.operation].isReversal) return NOTHING;
    const { caller } = context;
    const size = sizeOf(order);
    holdRequests(context);
    const takenAt = this.clock.monotonic();
    this.#hold(caller, size, this.quotas.take('alarms', caller, size));
    return { release: () => this.quotas.giveBack('alarms', caller, size, takenAt) };
  }

  /** Whether `take` would go well and what it would reach is allowed; nothing is used up. @throws Problem 403, 429 */
  async check(order: OperationCommand, context: CallContext): Promise<void> {
    const { caller } = context;
    if (!OPERATIONS[order.operation].isReversal) {
      holdRequests(context);
      const size = sizeOf(order);
      this.#hold(caller, size, this.quotas.waitFor('alarms', caller, size));
    }
    const reach = this.reachOf(order, caller);
    if (!reach) return;
    try {
      await this.trail.checkBudget(caller.id, reach, this.clock.now());
    } catch (error) {
      if (!(error instanceof NotAdmitted) || error.why.reason === 'claimed') throw error;
      throw this.#problemOf(error.why, order, caller);
    }
  }

  /** @param retryAfter seconds until the caller's quota allows it @throws Problem 403 where it never will, 429 */
  #hold(caller: Caller, size: number, retryAfter: number): void {
    if (retryAfter === 0) return;
    const { alarmsPerMinute = 0 } = this.quotas.limitsOf(caller);
    throw size > alarmsPerMinute
      ? tooManyAtOnce(alarmsPerMinute, size)
      : alarmLimit(alarmsPerMinute, retryAfter);
  }

  /** What an order would change on hosts or hide, with how much its caller may; undefined where it does neither. */
  reachOf(order: OperationCommand, caller: Caller): ImpactBudget | undefined {
    const reached = reachedBy(order);
    if (!reached) return undefined;
    const { destructivePerDay, maxHostsPerHour } = this.quotas.limitsOf(caller);
    const now = this.clock.now();
    return {
      alarms: sizeOf(order),
      hosts: reached,
      dayStart: now - DAY_MS,
      hourStart: now - HOUR_MS,
      ...(destructivePerDay !== undefined && { mostAlarms: destructivePerDay }),
      ...(maxHostsPerHour !== undefined && { mostHosts: maxHostsPerHour }),
    };
  }

  /** The answer to an order that reaches too far; the first one that does engages the brake. */
  async refusal(why: LimitExceeded, order: OperationCommand, context: CallContext): Promise<Problem> {
    const { caller } = context;
    if (why.reason === 'too_many_hosts') {
      const mostHosts = this.quotas.limitsOf(caller).maxHostsPerHour ?? 0;
      this.#logger.error({ caller: caller.id, hosts: why.hosts, mostHosts }, 'a brake is engaged');
      await this.#engage({
        kind: 'brake',
        at: new Date(this.clock.now()).toISOString(),
        requestId: context.requestId,
        caller: caller.id,
        engaged: true,
        hosts: why.hosts,
        mostHosts,
      });
    }
    return this.#problemOf(why, order, caller);
  }

  #problemOf(why: LimitExceeded, order: OperationCommand, caller: Caller): Problem {
    if (why.reason === 'braked') return braked(caller.id, 'is engaged');
    const { destructivePerDay = 0, maxHostsPerHour = 0 } = this.quotas.limitsOf(caller);
    if (why.reason === 'too_many_alarms') {
      const size = sizeOf(order);
      if (size > destructivePerDay) return tooDestructive(destructivePerDay, size);
      const wait = Math.max(1, Math.ceil((why.oldestAt + DAY_MS - this.clock.now()) / 1_000));
      return destructiveLimit(destructivePerDay, why.alarms, wait);
    }
    return braked(
      caller.id,
      `was engaged: this would reach ${why.hosts} hosts or whitelist entries within an hour, ${maxHostsPerHour} are allowed`,
    );
  }

  /** A trail that can't take it lets nobody act, and the hosts are counted again when it can. */
  async #engage(record: BrakeRecord): Promise<void> {
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
}

/** @throws Problem 429 */
function holdRequests({ overQuota }: CallContext): void {
  if (overQuota !== undefined) throw tooManyRequests(overQuota);
}

/** The answer to a caller whose brake is engaged. @param how completes "The brake of caller x ..." */
export function braked(caller: string, how: string): Problem {
  return new Problem(
    403,
    'brake_engaged',
    `The brake of caller ${caller} ${how}. Nothing was done. Destructive operations and whitelisting wait until another caller with the right approve resumes them with POST /v1/brakes/${caller}/resume; everything else, and taking back, goes on.`,
  );
}

/** @param retryAfter seconds */
export function alarmLimit(most: number, retryAfter: number): Problem {
  const words = `You may act on ${most} alarms a minute, and this would be more.`;
  return tooMany('alarm_limit', words, retryAfter);
}

/** The answer to a request that is larger alone than what its caller may act on in a minute. */
export function tooManyAtOnce(most: number, size: number): Problem {
  const words = `You may act on ${most} alarms a minute, and this request alone names ${size}, each whitelist rule included. Ask for fewer at a time.`;
  return neverAllowed(words);
}

/** The answer to a request that is larger alone than what its caller may act on destructively in a day. */
export function tooDestructive(most: number, size: number): Problem {
  const words = `You may act destructively on ${most} alarms within 24 hours, whitelisting included, and this request alone names ${size}, each whitelist rule included. Taking back is not limited.`;
  return neverAllowed(words);
}

/** @param retryAfter seconds */
export function destructiveLimit(most: number, done: number, retryAfter: number): Problem {
  const words = `You may act destructively on ${most} alarms within 24 hours, whitelisting included, and ${done} are done. Taking back is not limited.`;
  return tooMany('destructive_limit', words, retryAfter);
}

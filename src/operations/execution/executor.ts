import { Injectable, Logger } from '@nestjs/common';
import { V7Generator } from 'uuidv7';

import { targetsOf } from '../../audit/alarm-outcomes.js';
import type { IntentRecord, OutcomeRecord } from '../../audit/audit-record.js';
import { AuditTrail, AuditUnavailable, type Conditions } from '../../audit/audit-trail.js';
import { interruptedOutcome } from '../../audit/recovery.js';
import { SentMarks } from '../../audit/sent-marks.js';
import type { ProjectConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import type { LookedUp } from '../../domain/looked-up.js';
import { CHUNK_SIZE, isOpen, statusOf, type ChunkOutcome, type Fault } from '../../domain/outcome.js';
import { Problem } from '../../problems/problem.js';
import { Metrics } from '../../metrics/metrics.js';
import { SettlementService } from '../settlement/settlement.service.js';
import { callFor, type HssBody } from '../../hss/index.js';
import { ExpirationCapacity } from '../expirations/expiration-capacity.js';
import type { OperationResult } from '../operation-result.js';
import type { AuthorizedCommand } from '../operation-command.js';
import { claimsOfRepeats } from '../admission/idempotency.service.js';
import { CheckedSender } from './checked-sender.js';
import { chunkFacts } from './chunk-facts.js';
import { RunningOperations, type RunningOperation } from './running-operations.js';
import type { SendChunk, SendResult } from './sent.js';

/** A clock that is set back by no more than this leaves the ids in order. */
const CLOCK_SETBACK_MS = 10_000;

/** An intent that is on the disk, and what carrying it out takes. */
export interface Work {
  readonly intent: IntentRecord;
  readonly project: ProjectConfig;
  /** What will travel upstream, one for each chunk. */
  readonly bodies: readonly HssBody[];
  /** The signature that the request came with; the records do not keep it. */
  readonly signature?: string;
}

/** Carries out an order: writes down that it will be done, does it, writes down what came of it. */
@Injectable()
export class Executor {
  readonly #logger = new Logger(Executor.name);
  readonly #ids = new V7Generator();

  constructor(
    private readonly trail: AuditTrail,
    private readonly room: ExpirationCapacity,
    private readonly sender: CheckedSender,
    private readonly clock: Clock,
    private readonly settler: SettlementService,
    private readonly metrics: Metrics,
    private readonly running: RunningOperations,
    private readonly marks: SentMarks,
  ) {}

  /**
   * @param conditions checked as the intent is written
   * @throws NotAdmitted when one of them does not hold; nothing was done then
   * @throws Problem 503 when the intent can't be written or the gateway stops; nothing was done then
   */
  async execute(
    placed: AuthorizedCommand,
    conditions: Conditions,
    context: CallContext,
  ): Promise<OperationResult> {
    const run = this.running.begin();
    try {
      const intent = await this.intend(placed, conditions, context);
      const { bodies, verbatim, lookedUp, signature } = placed.order;
      const work = {
        ...{ intent, project: placed.project, bodies },
        ...(signature !== undefined && { signature }),
      };
      return await this.carryOut(work, run, (call, alarms, index) => {
        const facts = chunkFacts(intent, index, lookedUp?.readAt);
        return this.sender.send(call, { ...facts, alarms, ...(verbatim && { verbatim }) }, context);
      });
    } finally {
      this.running.end(run);
    }
  }

  /** Makes an intent durable; nothing may be sent before. @throws as `execute` does */
  async intend(
    placed: AuthorizedCommand,
    conditions: Conditions,
    context: CallContext,
  ): Promise<IntentRecord> {
    const intent = this.#intentOf(placed, context);
    try {
      await this.room.within(placed.order, context, () =>
        this.#intend(intent, placed.order.bodies, conditions),
      );
    } catch (error) {
      this.marks.end(intent.operationId);
      throw error;
    }
    return intent;
  }

  /**
   * Sends every chunk that the run does not know the fate of, and writes down what came of all. An operation of the background
   * that is cut off is left as it is, without an outcome.
   */
  async carryOut(work: Work, run: RunningOperation, send: SendChunk): Promise<OperationResult> {
    const { intent } = work;
    await Promise.race([this.#act(work, run, send), run.cutOff]);
    const { chunks } = run;
    if (intent.background && (run.isCutOff || run.isHalted)) {
      return { trail: { intent, chunks: [...chunks] }, recorded: true };
    }
    const outcome = this.#outcome(intent, run);
    const recorded = await this.#conclude(work, outcome);
    this.marks.end(intent.operationId);
    this.running.news.emit(intent.operationId);
    this.metrics.operations.inc({ operation: intent.operation, status: outcome.status });
    if (outcome.chunks.some(isOpen)) this.settler.watch(intent);
    const fault = outcome.chunks.find((chunk) => chunk.fault)?.fault;
    return {
      trail: { intent, chunks: outcome.chunks, outcome },
      recorded,
      ...(fault && { fault }),
      ...(run.answer !== undefined && { answer: run.answer }),
    };
  }

  #intentOf({ order, scope }: AuthorizedCommand, context: CallContext): IntentRecord {
    const { caller, credential, onBehalfOf, requestId } = context;
    const { operation, remark, alarms, items, idempotencyKey, undoes, background } = order;
    const { length: rules } = order.whitelistRules ?? [];
    const { expiresAt, expired, plan, lookedUp } = order;
    return {
      kind: 'intent',
      ...this.#begin(),
      requestId,
      caller: caller.id,
      ...(credential && { credential: { kind: credential.kind, id: credential.id } }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      operation,
      ...(remark !== undefined && { remark }),
      scope,
      alarms: alarms.map(({ eventId }) => eventId),
      ...(alarms.some(({ severity }) => severity) && {
        severities: alarms.map(({ severity = null }) => severity),
      }),
      ...(lookedUp && { lookedUp: recordOf(lookedUp) }),
      ...(items && { items: items.map(({ id, target }) => ({ id, target })) }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(rules > 0 && { rules }),
      ...(undoes && {
        undoes: undoes.operationId,
        ...(undoes.leaves.length > 0 && { leaves: undoes.leaves }),
        ...(undoes.assumes.length > 0 && { assumes: undoes.assumes }),
      }),
      ...(background && { background }),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
      ...(expired && { expired }),
      ...(plan !== undefined && { plan }),
    };
  }

  /** Nothing is sent unless this resolves. */
  async #intend(intent: IntentRecord, bodies: readonly HssBody[], conditions: Conditions): Promise<void> {
    try {
      this.marks.begin(intent.operationId);
      await this.trail.recordIntent(
        intent,
        bodies.map(({ text }) => text),
        conditions,
      );
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error(
        { err: error.cause, operationId: intent.operationId },
        'the audit trail cannot be written',
      );
      const detail =
        'The audit trail cannot be written, so nothing was sent. Nothing was done; try again later.';
      throw new Problem(
        503,
        'audit_unavailable',
        detail,
        { retryable: true, retryAfter: 5 },
        { cause: error },
      );
    }
  }

  /** One chunk after the other, each one's fate recorded before the next starts. */
  async #act({ intent, project, bodies }: Work, run: RunningOperation, send: SendChunk): Promise<void> {
    const all = targetsOf(intent).length;
    for (const [index, body] of bodies.entries()) {
      if (index < run.chunks.length) continue;
      if (run.isCutOff) return;
      const alarms = Math.min(CHUNK_SIZE, all - index * CHUNK_SIZE);
      const left = all - index * CHUNK_SIZE - alarms;
      const call = callFor(intent.operation, intent.scope, project, body);
      run.underWay = alarms;
      const sent = await this.#send(alarms, intent, () => send(call, alarms, index));
      // Too late to be told: its outcome is written.
      if (run.isCutOff) return;
      if (sent === 'halted') return run.halt();
      run.underWay = 0;
      if ('stopped' in sent) {
        run.chunks.push({ alarms: alarms + left, outcome: 'not_attempted', fault: sent.stopped });
        return;
      }
      const { chunk, goOn, answer } = sent;
      run.chunks.push(chunk);
      run.answer = answer;
      if (left === 0) return;
      const recorded = await this.#chunkDone(intent, index, chunk, run.chunks);
      if (recorded && goOn) continue;
      const fault = recorded && chunk.fault ? stoppedBy(chunk.fault) : STOPPED;
      run.chunks.push({ alarms: left, outcome: 'not_attempted', fault });
      return;
    }
  }

  /** Of everything that was asked for, whether the operation came to its end or was cut off. */
  #outcome(intent: IntentRecord, { chunks, underWay }: RunningOperation): OutcomeRecord {
    const at = this.#now();
    const known = chunks.reduce((sum, { alarms }) => sum + alarms, 0);
    const { operationId } = intent;
    if (known < targetsOf(intent).length) {
      const sent = this.marks.mayBeSent(operationId, chunks.length) ? underWay : 0;
      return interruptedOutcome({ intent, chunks }, sent, at);
    }
    return { kind: 'outcome', operationId, at, status: statusOf(chunks), chunks: [...chunks] };
  }

  /** Whatever breaks meanwhile, the operation gets its outcome: an intent without one would say `pending` for ever. */
  async #send(alarms: number, intent: IntentRecord, send: () => Promise<SendResult>): Promise<SendResult> {
    try {
      return await send();
    } catch (error) {
      this.#logger.error({ err: error, requestId: intent.requestId }, 'unexpected error on the way upstream');
      return { chunk: { alarms, outcome: 'unknown', fault: UNEXPECTED }, goOn: false };
    }
  }

  /** @param chunks those known so far, this one included */
  async #chunkDone(
    intent: IntentRecord,
    index: number,
    chunk: ChunkOutcome,
    chunks: readonly ChunkOutcome[],
  ): Promise<boolean> {
    const { operationId } = intent;
    const record = { kind: 'chunk', operationId, at: this.#now(), index, chunk } as const;
    const recorded = await this.#recorded(operationId, () =>
      this.trail.recordChunk(record, { intent, chunks }),
    );
    this.running.news.emit(operationId);
    return recorded;
  }

  #conclude({ intent, signature }: Work, outcome: OutcomeRecord): Promise<boolean> {
    const { caller, idempotencyKey } = intent;
    const once = {
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(signature !== undefined && { signature }),
    };
    const keys = mayBeAskedAgain(outcome) ? claimsOfRepeats(once) : [];
    const releases = keys.length > 0 ? { caller, keys } : undefined;
    return this.#recorded(outcome.operationId, () => this.trail.recordOutcome(outcome, intent, releases));
  }

  /** After an act the caller is told what happened even when the trail can't take it; `false` says that it could not. */
  async #recorded(operationId: string, write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error({ err: error.cause, operationId }, 'what happened could not be recorded');
      return false;
    }
  }

  /** The id begins with the very millisecond of the record, because receipts are found by time through their ids. */
  #begin(): { operationId: string; at: string } {
    const now = this.clock.now();
    const operationId = this.#ids.generateOrResetCore(now, CLOCK_SETBACK_MS).toString();
    return { operationId, at: new Date(now).toISOString() };
  }

  #now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** Without when it was: that means something in this process only. */
function recordOf({ digests, possiblyAlready }: LookedUp): LookedUp {
  return { digests, ...(possiblyAlready && { possiblyAlready }) };
}

/** Whether nothing was done and the same request may do better later; its key or signature would else keep it from being done at all. */
function mayBeAskedAgain({ chunks }: OutcomeRecord): boolean {
  const undone = chunks.every(({ outcome }) => outcome === 'rejected' || outcome === 'not_attempted');
  return undone && chunks.every(({ fault }) => fault?.retryable === true);
}

const STOPPED: Fault = {
  code: 'audit_unavailable',
  status: 503,
  detail: 'The audit trail could not be written between two parts of the request, so the rest was not sent.',
  retryable: true,
};

/** Why the rest stayed where it was: what an earlier part ended with, in words that are true of the rest. */
function stoppedBy({ code, status, retryAfter }: Fault): Fault {
  return {
    code,
    status,
    detail: `An earlier part of the request ended with ${code}, so this part was not sent. Nothing was done for its alarms.`,
    retryable: true,
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

const UNEXPECTED: Fault = {
  code: 'internal_error',
  status: 500,
  detail:
    'Something unexpected happened in the gateway while it sent this: whether it was done is not known. Its log has the request id.',
  retryable: false,
};

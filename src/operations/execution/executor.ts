import { Injectable, Logger } from '@nestjs/common';

import {
  targetsOf,
  type IntentRecord,
  type OperationTrail,
  type OutcomeRecord,
  AuditTrail,
  AuditUnavailable,
  isOpen,
  transition,
  interruptedOutcome,
  SentMarks,
  statusOf,
} from '../../audit/index.js';
import type { ProjectConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { CHUNK_SIZE, type ChunkOutcome, type Fault } from '../../domain/outcome.js';
import { Metrics } from '../../metrics/metrics.js';
import { faultFor } from '../../problems/catalogue.js';
import { callFor, type HssBody } from '../../hss/index.js';
import type { AdmittedCommand } from '../admission/admission.service.js';
import type { OperationResult } from '../operation-result.js';
import { SettlementService } from '../settlement/settlement.service.js';
import { chunkFacts, ChunkSender } from './chunk-sender.js';
import type { SendChunk, SendResult } from './chunk.js';
import { RunningOperations, type RunningOperation } from './running-operations.js';

/** An intent that is on the disk, and what carrying it out takes. */
export interface Work {
  readonly intent: IntentRecord;
  readonly project: ProjectConfig;
  /** What will travel upstream, one for each chunk. */
  readonly bodies: readonly HssBody[];
}

/** Carries out an admitted command: sends chunk after chunk and records what came of each, and of all. */
@Injectable()
export class Executor {
  readonly #logger = new Logger(Executor.name);

  constructor(
    private readonly trail: AuditTrail,
    private readonly sender: ChunkSender,
    private readonly clock: Clock,
    private readonly settlement: SettlementService,
    private readonly metrics: Metrics,
    private readonly running: RunningOperations,
    private readonly marks: SentMarks,
  ) {}

  /** Resolves when its outcome is known. */
  execute(
    { intent, project, command }: AdmittedCommand,
    run: RunningOperation,
    context: CallContext,
  ): Promise<OperationResult> {
    const { bodies, verbatim, lookedUp } = command;
    const work = { intent, project, bodies };
    return this.carryOut(work, run, (call, alarms, index) => {
      const facts = chunkFacts(intent, index, lookedUp?.readAt);
      return this.sender.send(call, { alarms, ...facts, ...(verbatim && { verbatim }) }, context);
    });
  }

  /**
   * Sends every chunk whose outcome the run does not know, and records what came of all. An operation in the background that is
   * cut off is left as it is, without an outcome.
   */
  async carryOut(work: Work, run: RunningOperation, send: SendChunk): Promise<OperationResult> {
    const { intent } = work;
    await Promise.race([this.#sendAll(work, run, send), run.cutOff]);
    const { chunks } = run;
    if (intent.background && (run.isCutOff || run.isHalted)) {
      return { trail: { intent, chunks: [...chunks] }, recorded: true };
    }
    const before = { intent, chunks: [...chunks] };
    const outcome = this.#outcome(before, run);
    const trail = transition(before, outcome);
    const recorded = await this.#recorded(outcome.operationId, () =>
      this.trail.recordOutcome(outcome, before),
    );
    this.marks.end(intent.operationId);
    this.running.news.emit(intent.operationId);
    this.metrics.operations.inc({ operation: intent.operation, status: outcome.status });
    if (isOpen(trail)) this.settlement.watch(intent);
    const fault = outcome.chunks.find((chunk) => chunk.fault)?.fault;
    return {
      ...{ trail, recorded },
      ...(fault && { fault }),
      ...(run.answer !== undefined && { answer: run.answer }),
    };
  }

  /** One chunk after the other, the outcome of each recorded before the next starts. */
  async #sendAll({ intent, project, bodies }: Work, run: RunningOperation, send: SendChunk): Promise<void> {
    const all = targetsOf(intent).length;
    for (const [index, body] of bodies.entries()) {
      if (index < run.chunks.length) continue;
      if (run.isCutOff) return;
      const alarms = Math.min(CHUNK_SIZE, all - index * CHUNK_SIZE);
      const left = all - index * CHUNK_SIZE - alarms;
      const call = callFor(intent.operation, intent.scope, project, body);
      run.underWay = alarms;
      const sent = await this.#send(alarms, intent, () => send(call, alarms, index));
      // Too late: its outcome is written.
      if (run.isCutOff) return;
      if (sent === 'halted') return run.halt();
      run.underWay = 0;
      if ('stopped' in sent) {
        run.chunks.push({ alarms: alarms + left, outcome: 'not_attempted', fault: sent.stopped });
        return;
      }
      const { chunk, goOn, answer } = sent;
      const before = { intent, chunks: [...run.chunks] };
      run.chunks.push(chunk);
      run.answer = answer;
      if (left === 0) return;
      const recorded = await this.#recordChunk(before, index, chunk);
      if (recorded && goOn) continue;
      const fault =
        recorded && chunk.fault ? stoppedBy(chunk.fault) : faultFor('audit_unavailable', 'between_parts');
      run.chunks.push({ alarms: left, outcome: 'not_attempted', fault });
      return;
    }
  }

  /** Of everything that was asked for, whether the operation ended or was cut off. */
  #outcome(before: OperationTrail, { underWay }: RunningOperation): OutcomeRecord {
    const { intent, chunks } = before;
    const at = this.#now();
    const known = chunks.reduce((sum, { alarms }) => sum + alarms, 0);
    const { operationId } = intent;
    if (known < targetsOf(intent).length) {
      const sent = this.marks.mayBeSent(operationId, chunks.length) ? underWay : 0;
      return interruptedOutcome(before, sent, at);
    }
    return { kind: 'outcome', operationId, at, status: statusOf(chunks), chunks };
  }

  /** Every error ends in an outcome of the operation: an intent without one would stay `pending` for ever. */
  async #send(alarms: number, intent: IntentRecord, send: () => Promise<SendResult>): Promise<SendResult> {
    try {
      return await send();
    } catch (error) {
      this.#logger.error({ err: error, requestId: intent.requestId }, 'unexpected error on the way upstream');
      return { chunk: { alarms, outcome: 'unknown', fault: UNEXPECTED }, goOn: false };
    }
  }

  async #recordChunk(before: OperationTrail, index: number, chunk: ChunkOutcome): Promise<boolean> {
    const { operationId } = before.intent;
    const record = { kind: 'chunk', operationId, at: this.#now(), index, chunk } as const;
    const recorded = await this.#recorded(operationId, () => this.trail.recordChunk(record, before));
    this.running.news.emit(operationId);
    return recorded;
  }

  /** After an act the caller learns what happened even when the trail cannot record it; `false` says that it could not. */
  async #recorded(operationId: string, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error({ err: error.cause, operationId }, 'what happened could not be recorded');
      return false;
    }
  }

  #now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** Why the rest was not sent: the code that an earlier part ended with, in words that are true of the rest. */
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
  ...faultFor('internal_error'),
  detail:
    'Something unexpected happened in the gateway while it sent this: whether it was done is not known. Its log has the request id.',
};

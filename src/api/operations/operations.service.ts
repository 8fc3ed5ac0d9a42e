import { Inject, Injectable, Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';

import type { IntentRecord, OutcomeRecord } from '../../audit/audit-record.js';
import { AuditTrail, AuditUnavailable } from '../../audit/audit-trail.js';
import { CONFIG, type Config, type ProjectConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { CHUNK_SIZE, statusOf, type ChunkOutcome, type Fault } from '../../domain/outcome.js';
import type { OperationType } from '../../domain/operation-type.js';
import { Problem } from '../../http/problem.js';
import { Metrics } from '../../metrics/metrics.js';
import { Settler } from '../../settlement/settler.js';
import {
  operateAlarms,
  UpstreamClient,
  type UpstreamCall,
  type UpstreamResult,
} from '../../upstream/index.js';
import type { OperationRequestDto } from './operation-request.dto.js';
import { requestBodies } from './operation.translator.js';
import { authorise } from './policy.js';
import type { ReceiptDto } from './receipt.dto.js';
import { receiptOf } from './receipt.translator.js';
import { UnknownWords } from './unknown-words.js';

/** What came of an operation, and the fault that describes it best where there was one. */
export interface Handled {
  readonly receipt: ReceiptDto;
  readonly fault?: Fault;
}

/** Handles alarms: may it be done, write down that it will be, do it, write down what came of it. */
@Injectable()
export class OperationsService {
  readonly #logger = new Logger(OperationsService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
    private readonly clock: Clock,
    private readonly unknownWords: UnknownWords,
    private readonly settler: Settler,
    private readonly metrics: Metrics,
  ) {}

  async handle(request: OperationRequestDto, context: CallContext): Promise<Handled> {
    const operation = request.operation as OperationType;
    const { scope, project } = authorise(operation, request.scope, context.caller, this.config.projects);
    this.unknownWords.notice(request.alarms);
    const bodies = requestBodies(request);
    const intent: IntentRecord = {
      kind: 'intent',
      operationId: uuidv7(),
      at: this.#now(),
      requestId: context.requestId,
      caller: context.caller.id,
      operation,
      ...(request.remark !== undefined && { remark: request.remark }),
      scope,
      alarms: request.alarms.map(({ eventId }) => eventId),
    };
    await this.#intend(intent, bodies);
    const chunks = await this.#act(intent, project, bodies, context);
    const outcome: OutcomeRecord = {
      kind: 'outcome',
      operationId: intent.operationId,
      at: this.#now(),
      status: statusOf(chunks),
      chunks,
    };
    const recorded = await this.#conclude(outcome);
    this.metrics.operations.inc({ operation, status: outcome.status });
    if (recorded && chunks.some((chunk) => chunk.outcome === 'unknown'))
      this.settler.watch(intent.operationId);
    const receipt = receiptOf({ intent, chunks, outcome });
    const fault = chunks.find((chunk) => chunk.fault)?.fault;
    return { receipt: { ...receipt, ...(!recorded && { recorded }) }, ...(fault && { fault }) };
  }

  /** Nothing is sent unless this resolves. */
  async #intend(intent: IntentRecord, bodies: readonly string[]): Promise<void> {
    try {
      await this.trail.intend(intent, bodies);
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      this.#logger.error(
        { err: error.cause, operationId: intent.operationId },
        'the audit trail can not be written',
      );
      const detail =
        'The audit trail can not be written, so nothing was sent. Nothing was done; try again later.';
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
  async #act(
    intent: IntentRecord,
    project: ProjectConfig,
    bodies: readonly string[],
    context: CallContext,
  ): Promise<ChunkOutcome[]> {
    const chunks: ChunkOutcome[] = [];
    for (const [index, body] of bodies.entries()) {
      const alarms = Math.min(CHUNK_SIZE, intent.alarms.length - index * CHUNK_SIZE);
      const call = operateAlarms(intent.operation, intent.scope, project, body);
      const { chunk, goOn } = await this.#send(alarms, call, context);
      chunks.push(chunk);
      const left = intent.alarms.length - index * CHUNK_SIZE - alarms;
      if (left === 0) break;
      const recorded = await this.#chunkDone(intent, index, chunk);
      if (recorded && goOn) continue;
      const fault = recorded && chunk.fault ? stoppedBy(chunk.fault) : STOPPED;
      chunks.push({ alarms: left, outcome: 'not_attempted', fault });
      break;
    }
    return chunks;
  }

  /** Whatever breaks meanwhile, the operation gets its outcome: an intent without one would say `pending` for ever. */
  async #send(
    alarms: number,
    call: UpstreamCall,
    context: CallContext,
  ): Promise<{ chunk: ChunkOutcome; goOn: boolean }> {
    try {
      const result = await this.upstream.send(call, context);
      return { chunk: chunkOf(alarms, result), goOn: result.outcome === 'applied' || result.goOn };
    } catch (error) {
      this.#logger.error(
        { err: error, requestId: context.requestId },
        'unexpected error on the way upstream',
      );
      return { chunk: { alarms, outcome: 'unknown', fault: UNEXPECTED }, goOn: false };
    }
  }

  async #chunkDone(intent: IntentRecord, index: number, chunk: ChunkOutcome): Promise<boolean> {
    const { operationId } = intent;
    return this.#recorded(operationId, () =>
      this.trail.chunkDone({ kind: 'chunk', operationId, at: this.#now(), index, chunk }),
    );
  }

  #conclude(outcome: OutcomeRecord): Promise<boolean> {
    return this.#recorded(outcome.operationId, () => this.trail.conclude(outcome));
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

  #now(): string {
    return new Date(this.clock.now()).toISOString();
  }
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

function chunkOf(alarms: number, result: UpstreamResult): ChunkOutcome {
  const { outcome, exchange } = result;
  return outcome === 'applied'
    ? { alarms, outcome, exchange }
    : { alarms, outcome, exchange, fault: result.fault };
}

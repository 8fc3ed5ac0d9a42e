import { Logger } from '@nestjs/common';

import type { OperationTrail } from '../../audit/audit-record.js';
import type { OperationStore } from '../../audit/operation.store.js';
import type { Ownership } from '../../audit/ownership.js';
import type { UpstreamConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import type { Clock } from '../../domain/clock.js';
import { OPERATIONS } from '../../domain/operation-name.js';
import type { Fault } from '../../domain/outcome.js';
import type { SettlementService } from '../settlement/settlement.service.js';
import { recordedBody } from '../../hss/index.js';
import type { Work } from '../execution/executor.js';
import type { SendChunk, SendResult } from '../execution/sent.js';
import type { CheckedSender, ChunkResult } from '../execution/checked-sender.js';
import { TARGET_BUSY } from '../admission/turns/target-busy.js';
import { chunkFacts, type ChunkFacts } from '../execution/chunk-facts.js';
import { chunkOf, decide } from './interrupted-chunk.js';
import { CANCELLED, IN_DOUBT, TIME_OVER } from './faults.js';
import type { Halt } from './halt.js';

/** Milliseconds between two attempts, or two looks, where nothing else is asked for: more each time, up to the last one. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** So long it waits for its turn where it is; then others may run in its place. */
const PATIENCE_MS = 1_000;

const pauseMs = (count: number): number => PAUSES_MS[Math.min(count, PAUSES_MS.length - 1)] ?? 0;

type Stop = Exclude<SendResult, ChunkResult>;

type Before = NonNullable<ChunkFacts['before']>;

/** What is known of a chunk before it is sent, once more or for the first time; or all that there is to know. */
type ChunkState = 'not_sent' | 'may_be_done' | 'halted' | ChunkResult;

/** What the pace of an operation stands on. */
export interface RetrierDependencies {
  readonly sender: CheckedSender;
  readonly settler: SettlementService;
  readonly store: OperationStore;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly config: UpstreamConfig;
}

/** From where it goes on. */
export interface Start {
  /** Time of the monotonic clock from which on nothing more is sent. */
  readonly overAt: number;
  /** The chunk that an earlier process may have sent. */
  readonly inDoubt?: number;
  /** Why nothing more may be sent of it. */
  readonly lack?: Fault;
}

/**
 * The pace of one operation of the background: it waits where upstream is down, finds out what came of a chunk whose answer was
 * lost before it goes on, and stops where its caller or its time says so.
 */
export class ChunkRetrier {
  readonly #logger = new Logger(ChunkRetrier.name);

  /**
   * @param trail of the operation
   */
  constructor(
    private readonly around: RetrierDependencies,
    private readonly work: Work,
    private readonly trail: OperationTrail,
    private readonly halt: Halt,
    private readonly start: Start,
  ) {}

  readonly send: SendChunk = async (call, alarms, index) => {
    let fate: ChunkState = index === this.start.inDoubt ? await this.#findOut(alarms, index) : 'not_sent';
    let before: Before | undefined;
    for (let pauses = 0; ; pauses += 1) {
      if (typeof fate === 'object') return fate;
      const stop = fate === 'halted' ? fate : await this.#reasonToStop();
      if (stop === 'halted' || (stop && fate === 'not_sent')) return stop;
      if (stop) return inDoubt(alarms);
      const told = await this.around.sender.send(
        call,
        this.#facts(alarms, index, fate, before),
        this.#context(),
      );
      const { fault } = told.chunk;
      // Others take its place meanwhile, the one that it waits for among them.
      if (fault?.code === TARGET_BUSY) return 'halted';
      if (told.chunk.outcome === 'unknown' && !told.chunk.apart) {
        before ??= told.chunk;
        fate = await this.#findOut(alarms, index, before);
      }
      // A later refusal says nothing of an earlier attempt that may have been carried out.
      else if (!mayPass(told)) return fate === 'may_be_done' && fault ? inDoubt(alarms) : told;
      await this.halt.wait(Math.max(pauseMs(pauses), 1_000 * (fault?.retryAfter ?? 0)));
    }
  };

  async #reasonToStop(): Promise<Stop | undefined> {
    if (this.halt.halted) return 'halted';
    if (this.#now() >= this.start.overAt) return { stopped: TIME_OVER };
    const { operationId } = this.work.intent;
    try {
      if (!(await this.around.ownership.isMine(operationId))) return 'halted';
      if (this.start.lack) return { stopped: this.start.lack };
      if (await this.around.store.isCancelled(operationId)) return { stopped: CANCELLED };
    } catch (error) {
      this.#logger.error({ err: error, operationId }, 'the audit trail cannot be read: it goes on later');
      return 'halted';
    }
    return undefined;
  }

  /** Once it may have been done, its state says nothing of how it was before. */
  #facts(alarms: number, index: number, fate: ChunkState, { already, unread }: Before = {}): ChunkFacts {
    const facts = { alarms, ...chunkFacts(this.work.intent, index), patienceMs: PATIENCE_MS };
    if (fate === 'not_sent') return facts;
    return { ...facts, before: { ...(already && { already }), ...(unread && { unread }) } };
  }

  /**
   * What came of a chunk that may have been sent.
   *
   * @param before what was read of its state before it was
   */
  async #findOut(alarms: number, index: number, before?: Before): Promise<ChunkState> {
    const since = this.#now();
    const { isIdempotent: setsState } = OPERATIONS[this.work.intent.operation];
    for (let looks = 0; ; looks += 1) {
      const found = await this.#look(index, since);
      const stop = await this.#reasonToStop();
      if (stop === 'halted') return stop;
      const late = this.#now() >= since + this.around.config.settleGiveUpMs;
      const verdict = decide({ found, setsState, late, over: stop !== undefined });
      if (verdict === 'send') return 'may_be_done';
      if (verdict === 'leave') return inDoubt(alarms);
      if (verdict === 'told') return { chunk: chunkOf(found, before), goOn: true };
      await this.halt.wait(pauseMs(looks));
    }
  }

  async #look(index: number, since: number): ReturnType<SettlementService['lookAt']> {
    const { intent, project, bodies } = this.work;
    const { operationId } = intent;
    try {
      return await this.around.settler.lookAt(this.trail, project, bodies[index] ?? recordedBody(''), since);
    } catch (error) {
      this.#logger.warn({ err: error, operationId }, 'a chunk could not be looked up; trying again');
      return [{ eventId: '', outcome: 'unknown', isClear: false }];
    }
  }

  #context(): CallContext {
    const { caller, requestId } = this.work.intent;
    const receivedAt = this.#now();
    const deadlineAt = Math.min(receivedAt + this.around.config.deadlineMs, this.start.overAt);
    return { requestId, caller: { id: caller, grants: [] }, receivedAt, deadlineAt };
  }

  #now(): number {
    return this.around.clock.monotonic();
  }
}

/** Each of its alarms is looked up by itself once the operation has its outcome. */
function inDoubt(alarms: number): ChunkResult {
  return { chunk: { alarms, outcome: 'unknown', fault: IN_DOUBT }, goOn: true };
}

/** Whether nothing was done and the same may go well later. What upstream refuses it would refuse again. */
function mayPass({ chunk, goOn }: ChunkResult): boolean {
  return chunk.fault?.retryable === true && !goOn;
}

import { Logger } from '@nestjs/common';

import type { OperationStore, OperationTrail, Ownership } from '../../audit/index.js';
import type { UpstreamConfig } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import type { Clock } from '../../domain/times.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import type { Fault } from '../../domain/outcome.js';
import type { ActCall } from '../../hss/index.js';
import { faultFor } from '../../problems/catalogue.js';
import { type ChunkSender, chunkFacts } from '../execution/chunk-sender.js';
import type { ChunkFacts, ChunkResult, SendChunk, SendResult } from '../execution/chunk.js';
import type { Work } from '../execution/executor.js';
import type { SettlementService } from '../settlement/settlement.service.js';
import { chunkOf, decide } from './interrupted-chunk.js';

/** Milliseconds between two attempts, or two looks, where nothing else is asked for: more each time, up to the last one. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** A chunk waits so long for its targets; then other operations may run in its place. */
const PATIENCE_MS = 1_000;

/** Between two looks while the trail is broken. */
const HELD_MS = 1_000;

const pauseMs = (count: number): number => PAUSES_MS[Math.min(count, PAUSES_MS.length - 1)] ?? 0;

type Stop = Exclude<SendResult, ChunkResult>;

type Before = NonNullable<ChunkFacts['before']>;

/** What is known of a chunk before it is sent, once more or for the first time; or all that there is to know. */
type ChunkState = 'not_sent' | 'may_be_done' | 'halted' | ChunkResult;

/** What sending the chunks of an operation takes. */
export interface RetrierDependencies {
  readonly sender: ChunkSender;
  readonly settlement: SettlementService;
  readonly store: OperationStore;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly config: UpstreamConfig;
}

/** From where it continues. */
export interface Start {
  /** Time of the monotonic clock from which on nothing more is sent. */
  readonly overAt: number;
  /** The chunk that an earlier process may have sent. */
  readonly inDoubt?: number;
  /** Why nothing more may be sent of it. */
  readonly denial?: Fault;
}

/**
 * Sends the chunks of one operation in the background: waits while upstream is down, finds out what came of a chunk whose answer was
 * lost before it continues, and stops where its caller or its time requires it.
 */
export class ChunkRetrier {
  readonly #logger = new Logger(ChunkRetrier.name);

  constructor(
    private readonly dependencies: RetrierDependencies,
    private readonly work: Work,
    private readonly trail: OperationTrail,
    private readonly halt: AbortSignal,
    private readonly start: Start,
  ) {}

  readonly send: SendChunk = async (call, alarms, index) => {
    const facts = { alarms, ...chunkFacts(this.work.intent, index), patienceMs: PATIENCE_MS };
    const sent = await this.#send(call, facts);
    return typeof sent === 'object' && 'chunk' in sent ? facts.seen.addedTo(sent) : sent;
  };

  async #send(call: ActCall, facts: ChunkFacts): Promise<SendResult> {
    const { alarms } = facts;
    let state: ChunkState = facts.index === this.start.inDoubt ? await this.#findOut(facts) : 'not_sent';
    let before: Before | undefined;
    for (let pauses = 0; ; pauses += 1) {
      if (typeof state === 'object') return state;
      const stop = state === 'halted' ? state : await this.#reasonToStop();
      if (stop === 'halted' || (stop && state === 'not_sent')) return stop;
      if (stop) return inDoubt(alarms);
      const result = await this.dependencies.sender.send(
        call,
        state === 'not_sent' ? facts : { ...facts, before: stateBefore(before) },
        this.#context(),
      );
      const { fault } = result.chunk;
      // Others take its place meanwhile, the one that it waits for among them.
      if (fault?.code === 'target_busy') return 'halted';
      if (result.chunk.outcome === 'unknown' && !result.chunk.apart) {
        before ??= result.chunk;
        state = await this.#findOut(facts, before);
      }
      // A later refusal says nothing of an earlier attempt that may have been carried out.
      else if (!mayPass(result)) return state === 'may_be_done' && fault ? inDoubt(alarms) : result;
      // Whether a person has let it go on costs nothing to see.
      const isHeld = fault?.code === 'audit_broken';
      await this.#wait(isHeld ? HELD_MS : Math.max(pauseMs(pauses), 1_000 * (fault?.retryAfter ?? 0)));
    }
  }

  async #reasonToStop(): Promise<Stop | undefined> {
    if (this.halt.aborted) return 'halted';
    if (this.#now() >= this.start.overAt) return { stopped: faultFor('deadline_exceeded', 'operation') };
    const { operationId } = this.work.intent;
    try {
      if (!(await this.dependencies.ownership.isMine(operationId))) return 'halted';
      if (this.start.denial) return { stopped: this.start.denial };
      if (await this.dependencies.store.isCancelled(operationId)) return { stopped: faultFor('cancelled') };
    } catch (error) {
      this.#logger.error({ err: error, operationId }, 'the audit trail cannot be read: it goes on later');
      return 'halted';
    }
    return undefined;
  }

  /**
   * What came of a chunk that may have been sent.
   *
   * @param before what was read of its state before it was
   */
  async #findOut({ alarms, index, seen }: ChunkFacts, before?: Before): Promise<ChunkState> {
    const since = this.#now();
    const { isIdempotent } = OPERATIONS[this.work.intent.operation];
    for (let looks = 0; ; looks += 1) {
      const found = await this.#look(index, since);
      seen.add(found);
      const stop = await this.#reasonToStop();
      if (stop === 'halted') return stop;
      const late = this.#now() >= since + this.dependencies.config.settleGiveUpMs;
      const decision = decide({ found, isIdempotent, late, over: stop !== undefined });
      if (decision === 'send') return 'may_be_done';
      if (decision === 'leave') return inDoubt(alarms);
      if (decision === 'known') return { chunk: chunkOf(found, before), goOn: true };
      await this.#wait(pauseMs(looks));
    }
  }

  async #look(index: number, since: number): ReturnType<SettlementService['lookAt']> {
    const { intent, project, bodies } = this.work;
    const { operationId } = intent;
    const body = bodies[index];
    if (!body) throw new Error(`operation ${operationId} has no chunk ${index}`);
    try {
      return await this.dependencies.settlement.lookAt(this.trail, project, body, since);
    } catch (error) {
      this.#logger.warn({ err: error, operationId }, 'a chunk could not be looked up; trying again');
      return [{ eventId: '', outcome: 'unknown', isClear: false }];
    }
  }

  /** Resolves after so many milliseconds, or at once when the operation is halted. */
  async #wait(milliseconds: number): Promise<void> {
    if (this.halt.aborted) return;
    let wake = () => {};
    const over = new Promise<void>((resolve) => (wake = resolve));
    const cancel = this.dependencies.clock.schedule(milliseconds, wake);
    this.halt.addEventListener('abort', wake);
    await over;
    this.halt.removeEventListener('abort', wake);
    cancel();
  }

  #context(): CallContext {
    const { caller, requestId } = this.work.intent;
    const receivedAt = this.#now();
    const deadlineAt = Math.min(receivedAt + this.dependencies.config.deadlineMs, this.start.overAt);
    return { requestId, caller: { id: caller, grants: [] }, receivedAt, deadlineAt };
  }

  #now(): number {
    return this.dependencies.clock.monotonic();
  }
}

/** Once it may have been done, its state says nothing of how it was before: only what was read then does. */
function stateBefore({ already, unread }: Before = {}): Before {
  return { ...(already && { already }), ...(unread && { unread }) };
}

/** Each of its alarms is looked up by itself once the operation has its outcome. */
function inDoubt(alarms: number): ChunkResult {
  return {
    chunk: { alarms, outcome: 'unknown', fault: faultFor('gateway_interrupted', 'looked_up_each') },
    goOn: true,
  };
}

/** Whether nothing was done and the same may go well later. What upstream refuses it would refuse again. */
function mayPass({ chunk, goOn }: ChunkResult): boolean {
  return chunk.fault?.retryable === true && !goOn;
}

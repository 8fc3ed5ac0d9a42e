import { Inject, Injectable, Logger } from '@nestjs/common';

import {
  AuditTrail,
  ChainCheck,
  type IntentRecord,
  interruptedOutcome,
  OperationStore,
  type OperationTrail,
  Ownership,
  resumePoint,
  SentMarks,
} from '../../audit/index.js';
import { CONFIG, type Config, type ProjectConfig } from '../../config/config.js';
import { Clock } from '../../domain/times.js';
import { CHUNK_SIZE } from '../../domain/outcome.js';
import { UpstreamClient } from '../../upstream/index.js';
import { recordedBody } from '../../hss/index.js';
import { ChunkSender } from '../execution/chunk-sender.js';
import { Executor } from '../execution/executor.js';
import { RunningOperations } from '../execution/running-operations.js';
import { SettlementService } from '../settlement/settlement.service.js';
import { AdmissionRecheck } from './admission-recheck.js';
import { ChunkRetrier, type RetrierDependencies } from './chunk-retrier.js';

/** Brings one operation in the background to its end, from the point that its records show. */
@Injectable()
export class OperationRunner {
  readonly #logger = new Logger(OperationRunner.name);
  readonly #dependencies: RetrierDependencies;
  readonly #deadlineMs: number;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly executor: Executor,
    private readonly running: RunningOperations,
    private readonly store: OperationStore,
    private readonly ownership: Ownership,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
    sender: ChunkSender,
    settlement: SettlementService,
    private readonly marks: SentMarks,
    private readonly chain: ChainCheck,
    private readonly recheck: AdmissionRecheck,
    private readonly clock: Clock,
  ) {
    this.#dependencies = { sender, settlement, store, ownership, clock, config: config.upstream };
    this.#deadlineMs = config.background.deadlineMs;
  }

  /**
   * @param isResumed it was accepted by another process, or an earlier run of this one: admission is checked again
   * @param halt stops it before its next chunk, to continue at the next start
   * @returns whether it has ended here, or is another process's by now, or its records are not believed; otherwise it must be tried again
   */
  async run(operationId: string, isResumed: boolean, halt: AbortSignal): Promise<boolean> {
    const trail = await this.store.find(operationId);
    const remaining = trail && resumePoint(trail);
    if (!remaining || !(await this.ownership.isMine(operationId))) return true;
    // Between its acceptance and now the database may have been written to by others.
    if (!(await this.chain.isInPlace(operationId))) return true;
    const { intent } = trail;
    const overAt = this.#overAt(intent);
    const project = this.config.projects.get(intent.scope.project);
    const isThere = project ? await this.#isThere(project, intent) : false;
    if (!project || isThere === false) return this.#abandon(trail);
    // What is over anyway needs no project: nothing more is sent of it.
    if (isThere === undefined && !(await this.#isOver(intent, overAt))) return false;
    const bodies = (await this.store.requests(operationId)).map(recordedBody);
    const work = { intent, project, bodies };
    const denial = isResumed ? await this.recheck.denialOf(intent, bodies) : undefined;
    if (denial)
      this.#logger.warn({ operationId, code: denial.code }, 'an interrupted operation may not go on');
    const start = {
      overAt,
      ...(this.marks.mayBeSent(operationId, remaining.inDoubt) && { inDoubt: remaining.inDoubt }),
      ...(denial && { denial }),
    };
    const retrier = new ChunkRetrier(this.#dependencies, work, trail, halt, start);
    const run = this.running.begin(remaining.known);
    try {
      const { trail: after } = await this.executor.carryOut(work, run, retrier.send);
      // One that could not be recorded is recorded as soon as the trail can be written again.
      if (after.outcome !== undefined || !(await this.ownership.isMine(operationId))) return true;
      if (halt.aborted) await this.pause(operationId);
      return false;
    } finally {
      this.running.end(run);
    }
  }

  /** Records where an operation continues, for a process that cannot see this one's marks. */
  async pause(operationId: string): Promise<void> {
    if (this.marks.isLasting) return;
    try {
      const trail = await this.store.find(operationId);
      const chunk = trail?.chunks.length ?? 0;
      if (!trail || this.marks.mayBeSent(operationId, chunk)) return;
      const at = new Date(this.clock.now()).toISOString();
      await this.trail.recordPause({ kind: 'pause', operationId, at, chunk }, trail);
    } catch (error) {
      this.#logger.warn({ err: error, operationId }, 'where an operation goes on could not be written down');
    }
  }

  /** Its time counts from its intent on, across restarts too; a clock that was set meanwhile gives it no more than that. */
  #overAt({ at }: IntentRecord): number {
    const taken = Math.min(Math.max(0, this.clock.now() - Date.parse(at)), this.#deadlineMs);
    return this.clock.monotonic() + this.#deadlineMs - taken;
  }

  /** Its time is up, or it was cancelled. */
  async #isOver({ operationId }: IntentRecord, overAt: number): Promise<boolean> {
    return this.clock.monotonic() >= overAt || (await this.store.isCancelled(operationId));
  }

  /** A project of that name may be another one by now. @returns undefined where it cannot be looked up which one it is */
  async #isThere(project: ProjectConfig, intent: IntentRecord): Promise<boolean | undefined> {
    const now = this.clock.monotonic();
    const found = await this.upstream.projectId(project, {
      requestId: intent.requestId,
      caller: { id: intent.caller, grants: [] },
      receivedAt: now,
      deadlineAt: now + this.config.upstream.deadlineMs,
    });
    return typeof found === 'string' ? found === intent.scope.projectId : undefined;
  }

  /** Nothing more can be sent where there is no project to send it to. */
  async #abandon(trail: OperationTrail): Promise<true> {
    const at = new Date(this.clock.now()).toISOString();
    const sent = this.marks.mayBeSent(trail.intent.operationId, trail.chunks.length) ? CHUNK_SIZE : 0;
    await this.trail.recordOutcome(interruptedOutcome(trail, sent, at), trail);
    this.marks.end(trail.intent.operationId);
    return true;
  }
}

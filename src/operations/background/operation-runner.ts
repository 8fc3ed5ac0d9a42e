import { Inject, Injectable, Logger } from '@nestjs/common';

import type { IntentRecord, OperationTrail } from '../../audit/audit-record.js';
import { AuditTrail } from '../../audit/audit-trail.js';
import { ChainCheck } from '../../audit/chain-check.js';
import { OperationStore } from '../../audit/operation.store.js';
import { Ownership } from '../../audit/ownership.js';
import { interruptedOutcome } from '../../audit/recovery.js';
import { SentMarks } from '../../audit/sent-marks.js';
import { CONFIG, type Config, type ProjectConfig } from '../../config/config.js';
import { Clock } from '../../domain/clock.js';
import { CHUNK_SIZE } from '../../domain/outcome.js';
import { SettlementService } from '../settlement/settlement.service.js';
import { recordedBody } from '../../hss/index.js';
import { UpstreamClient } from '../../upstream/index.js';
import { Executor } from '../execution/executor.js';
import { RunningOperations } from '../execution/running-operations.js';
import { CheckedSender } from '../execution/checked-sender.js';
import { AskedAgain } from './asked-again.js';
import type { Halt } from './halt.js';
import { ChunkRetrier, type RetrierDependencies } from './chunk-retrier.js';
import { resumePoint } from './resume-point.js';

/** Brings one operation of the background to its end, from wherever its records say that it is. */
@Injectable()
export class OperationRunner {
  readonly #logger = new Logger(OperationRunner.name);
  readonly #around: RetrierDependencies;
  readonly #deadlineMs: number;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly executor: Executor,
    private readonly running: RunningOperations,
    private readonly store: OperationStore,
    private readonly ownership: Ownership,
    private readonly trail: AuditTrail,
    private readonly upstream: UpstreamClient,
    sender: CheckedSender,
    settler: SettlementService,
    private readonly marks: SentMarks,
    private readonly chain: ChainCheck,
    private readonly askedAgain: AskedAgain,
    private readonly clock: Clock,
  ) {
    this.#around = { sender, settler, store, ownership, clock, config: config.upstream };
    this.#deadlineMs = config.background.deadlineMs;
  }

  /**
   * @param isResumed it was accepted by another process, or an earlier run of this one: what decides is asked again
   * @returns whether it is over, or another process's by now, or can't be believed; otherwise it must be taken up again
   */
  async conduct(operationId: string, isResumed: boolean, halt: Halt): Promise<boolean> {
    const trail = await this.store.find(operationId);
    const remaining = trail && resumePoint(trail);
    if (!remaining || !(await this.ownership.isMine(operationId))) return true;
    // Between its acceptance and now somebody may have written to the database.
    if (!(await this.chain.isInPlace(operationId))) return true;
    const { intent } = trail;
    const overAt = this.#overAt(intent);
    const project = this.config.projects.get(intent.scope.project);
    const isThere = project ? await this.#isThere(project, intent) : false;
    if (!project || isThere === false) return this.#abandon(trail);
    // What is over anyway needs no project: nothing more is sent of it.
    if (isThere === undefined && !(await this.#isOver(intent, overAt))) return false;
    const work = { intent, project, bodies: (await this.store.requests(operationId)).map(recordedBody) };
    const lack = isResumed ? await this.askedAgain.lackOf(intent, work.bodies) : undefined;
    if (lack) this.#logger.warn({ operationId, code: lack.code }, 'an interrupted operation may not go on');
    const start = {
      overAt,
      ...(this.marks.mayBeSent(operationId, remaining.inDoubt) && { inDoubt: remaining.inDoubt }),
      ...(lack && { lack }),
    };
    const pace = new ChunkRetrier(this.#around, work, trail, halt, start);
    const run = this.running.begin(remaining.known);
    try {
      const { trail: after } = await this.executor.carryOut(work, run, pace.send);
      // One that could not be recorded is recorded as soon as the trail can be written again.
      if (after.outcome !== undefined || !(await this.ownership.isMine(operationId))) return true;
      if (halt.halted) await this.pause(operationId);
      return false;
    } finally {
      this.running.end(run);
    }
  }

  /** Writes down where an operation goes on, for a process that can't see this one's marks. */
  async pause(operationId: string): Promise<void> {
    if (this.marks.isLasting) return;
    try {
      const chunk = (await this.store.find(operationId))?.chunks.length ?? 0;
      if (this.marks.mayBeSent(operationId, chunk)) return;
      const at = new Date(this.clock.now()).toISOString();
      await this.trail.recordPause({ kind: 'pause', operationId, at, chunk });
    } catch (error) {
      this.#logger.warn({ err: error, operationId }, 'where an operation goes on could not be written down');
    }
  }

  /** Its time counts from its intent on, over restarts too; a clock that was set meanwhile gives it no more than that. */
  #overAt({ at }: IntentRecord): number {
    const taken = Math.min(Math.max(0, this.clock.now() - Date.parse(at)), this.#deadlineMs);
    return this.clock.monotonic() + this.#deadlineMs - taken;
  }

  /** Its time is up, or it was cancelled. */
  async #isOver({ operationId }: IntentRecord, overAt: number): Promise<boolean> {
    return this.clock.monotonic() >= overAt || (await this.store.isCancelled(operationId));
  }

  /** A project of that name may be another one by now. @returns undefined where nobody says which one it is */
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
    await this.trail.recordOutcome(interruptedOutcome(trail, sent, at), trail.intent);
    this.marks.end(trail.intent.operationId);
    return true;
  }
}

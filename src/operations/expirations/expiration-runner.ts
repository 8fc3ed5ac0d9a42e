import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import {
  ChainCheck,
  type DueExpiration,
  type Expiration,
  type ExpirationEnd,
  ExpirationStore,
  type IntentRecord,
} from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { Problem } from '../../problems/problem.js';
import { OperationsService } from '../operations.service.js';
import type { UnresolvedCommand } from '../operation-command.js';
import { UndoService, type UndoChain } from '../undo/undo.service.js';
import { decide } from './expiration-decision.js';

/** How late an operation is reversed after its expiration at most, when all is well. */
const LOOK_EVERY_MS = 5_000;
const MAX_AT_ONCE = 50;
/** Until one that is under way is checked again; no other process checks it before. */
const LOOK_AGAIN_MS = 15_000;
/** Until one that could not be reversed is tried again: longer each time, up to an hour. */
const TRY_AGAIN_MS = 30_000;
const MAX_MS = 3_600_000;
const MAX_ATTEMPTS = 30;

/** Takes time-boxed operations back at their time, as operations of their own, and retries until that is done or hopeless. */
@Injectable()
export class ExpirationRunner implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(ExpirationRunner.name);
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly expirations: ExpirationStore,
    private readonly chain: ChainCheck,
    private readonly undo: UndoService,
    private readonly operations: OperationsService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    void this.#look();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** How it ended, also where the end is not stored yet; undefined: it is still to come. */
  async endOf({ operationId, end }: Expiration): Promise<ExpirationEnd | undefined> {
    if (end) return end;
    const undoing = await this.undo.undoingOf(operationId);
    if (undoing.undoings.length === 0) return undefined;
    const decision = decide(undoing, false);
    return decision.then === 'end' ? decision.end : undefined;
  }

  async #look(): Promise<void> {
    try {
      for (const due of await this.expirations.due(this.clock.now(), MAX_AT_ONCE)) {
        if (this.#stopped) return;
        await this.#lookAt(due);
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'time-boxed operations could not be looked for; trying again');
    }
    if (!this.#stopped) this.#cancel = this.clock.schedule(LOOK_EVERY_MS, () => void this.#look());
  }

  async #lookAt(due: DueExpiration): Promise<void> {
    const { operationId, attempts } = due;
    const next = this.clock.now() + LOOK_AGAIN_MS;
    if (!(await this.expirations.putOff(due, next, attempts))) return;
    const mine = { ...due, dueAt: next };
    try {
      const undoing = await this.undo.undoingOf(operationId);
      const decision = decide(undoing, attempts >= MAX_ATTEMPTS);
      if (decision.then === 'take_back') await this.#takeBack(mine, undoing);
      if (decision.then !== 'end') return;
      await this.expirations.end(operationId, decision.end);
      if (decision.end === 'failed') this.#logFailure(operationId);
    } catch (error) {
      this.#logger.warn(
        { err: error, operationId },
        'an expired operation could not be reversed; trying again',
      );
      await this.expirations.putOff(mine, this.clock.now() + pauseMs(attempts), attempts + 1);
    }
  }

  /** What was accepted is carried out: the grants that its caller has by now play no part. */
  async #takeBack(due: DueExpiration, { trail: { intent }, undoings }: UndoChain): Promise<void> {
    const { operationId, attempts, expiresAt } = due;
    // Nobody else asks: a record that was put in would have its inverse sent. It is looked at again, as one that is under way.
    if (!(await this.chain.isWholeSince(operationId))) return;
    const last = undoings.findLast(({ trail }) => trail.intent.expired)?.trail.outcome;
    const notBefore = last ? Date.parse(last.at) + pauseMs(attempts) : 0;
    if (this.clock.now() < notBefore) {
      await this.expirations.putOff(due, notBefore, attempts);
      return;
    }
    const context = this.#contextOf(intent);
    const remark = `Expired ${new Date(expiresAt).toISOString()}`;
    try {
      const draft = await this.undo.commandFor(operationId, { remark }, context);
      // It goes on by itself then, when upstream is down too, and over a restart.
      const asked = { ...draft, background: true, expired: true } as const;
      await this.operations.handle(asked, { ...context, ...grantedFor(draft, context) });
    } catch (error) {
      if (!(error instanceof Problem) || error.extras.retryable === true) throw error;
      this.#logger.error({ err: error, operationId }, 'an expired operation cannot be reversed');
      await this.expirations.end(operationId, 'failed');
      return;
    }
    await this.expirations.putOff(due, this.clock.now() + LOOK_EVERY_MS, attempts + 1);
  }

  #contextOf({ operationId, caller }: IntentRecord): CallContext {
    const receivedAt = this.clock.monotonic();
    const deadlineAt = receivedAt + this.config.upstream.deadlineMs;
    return {
      requestId: `expiry-${operationId}`,
      caller: { id: caller, grants: [] },
      receivedAt,
      deadlineAt,
    };
  }

  #logFailure(operationId: string): void {
    this.#logger.error({ operationId }, 'an expired operation was not reversed: look at its alarms');
  }
}

/** The right to do this one thing. */
function grantedFor(
  { operation, scope = {} }: UnresolvedCommand,
  { caller }: CallContext,
): Pick<CallContext, 'caller'> {
  const { project = '', enterpriseProjectId = '' } = scope;
  const grant = {
    rights: ['act'],
    operations: [operation],
    projects: [project],
    enterpriseProjects: [enterpriseProjectId],
  } as const;
  return { caller: { id: caller.id, grants: [grant] } };
}

function pauseMs(attempts: number): number {
  return Math.min(MAX_MS, TRY_AGAIN_MS * 2 ** Math.min(attempts, 10));
}

import { createHash, hash } from 'node:crypto';

import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { type AppendRejection, type Claim, ClaimStore, OperationStore } from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';
import type {
  CommandDeduplication,
  OperationCommand,
  ResolvedScope,
  UnresolvedCommand,
} from '../operation-command.js';
import { resultOfEarlier, type OperationResult } from '../operation-result.js';

/** What counts for the daily cap and the brake is needed for a day, and forgotten with the claims once it is two days old. */
const IMPACT_KEPT_MS = 48 * 3_600_000;
const CLEANUP_INTERVAL_MS = 3_600_000;

const KEY = 'key:';
const SIGNATURE = 'signature:';
/** What applying a plan claims, before the plan's id: it is applied once. */
export const PLAN_CLAIM = 'plan:';
const UNDO = 'undo:';

export const planClaim = (plan: string): string => PLAN_CLAIM + plan;
/** Not itself: while it is fresh, a reader of it could send the very request once more. */
const signatureClaim = (signature: string): string => SIGNATURE + hash('sha256', signature);

/**
 * What makes two requests the same: the route, where they act, and their bodies as they would travel, which are written in one
 * order and with every number exact, independent of the order and the white space that the caller sent.
 */
export function fingerprintOf(
  command: OperationCommand | UnresolvedCommand,
  { scope }: Pick<ResolvedScope, 'scope'>,
): string {
  const { projectId, enterpriseProjectId, containerId = null, containerName = null } = scope;
  const head = JSON.stringify([command.route, projectId, enterpriseProjectId, containerId, containerName]);
  // The same act for good and for a time are two different requests.
  const until = command.expiresAt === undefined ? [] : [new Date(command.expiresAt).toISOString()];
  const bodies = 'bodies' in command ? command.bodies.map(({ text }) => text) : [];
  const texts = command.canonical === undefined ? bodies : [command.canonical];
  return createHash('sha256')
    .update([head, ...until, ...texts].join('\n'))
    .digest('base64url');
}

/** Keeps a request that is sent twice under one key, or with one signature, from being carried out twice. */
@Injectable()
export class IdempotencyService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(IdempotencyService.name);
  readonly #keptMs: number;
  #cancel: (() => void) | undefined;

  constructor(
    @Inject(CONFIG) { idempotency }: Config,
    private readonly claims: ClaimStore,
    private readonly store: OperationStore,
    private readonly clock: Clock,
  ) {
    this.#keptMs = idempotency.keptMs;
  }

  onApplicationBootstrap(): void {
    this.#cleanUp();
  }

  onModuleDestroy(): void {
    this.#cancel?.();
  }

  /** What a command claims with its intent. Of two undoings that saw the same state, one goes ahead. */
  claimsOf(command: OperationCommand, fingerprint: string): Claim[] {
    const voidBefore = this.clock.now() - this.#keptMs;
    const { undoes, plan, idempotencyKey, signature } = command;
    const of = { fingerprint, voidBefore };
    const once = { ...of, once: true } as const;
    return [
      ...(signature === undefined ? [] : [{ key: signatureClaim(signature), ...of }]),
      ...(idempotencyKey === undefined ? [] : [{ key: KEY + idempotencyKey, ...of }]),
      ...(plan === undefined ? [] : [{ key: planClaim(plan), ...once }]),
      ...(undoes === undefined ? [] : [{ key: `${UNDO}${undoes.operationId}:${undoes.round}`, ...once }]),
    ];
  }

  /**
   * What came of an earlier request under the command's key, or with its signature; undefined when there was none.
   *
   * @throws Problem 409, 422
   */
  async earlier(
    { idempotencyKey, signature, plan }: CommandDeduplication,
    caller: Caller,
    fingerprint: string,
  ): Promise<OperationResult | undefined> {
    if (idempotencyKey === undefined && signature === undefined && plan === undefined) return undefined;
    const key = plan === undefined ? idempotencyKey && KEY + idempotencyKey : planClaim(plan);
    const voidBefore = this.clock.now() - this.#keptMs;
    const find = (claim: string | undefined) =>
      claim === undefined ? undefined : this.claims.find(caller.id, claim, voidBefore);
    // The same signature means the same method, path, query and body; headers that are not signed do not matter.
    const repeated =
      (await find(signature && signatureClaim(signature))) ??
      // As earlier versions claimed it; it is fresh for minutes only.
      (await find(signature && SIGNATURE + signature));
    const claimed = repeated ?? (await find(key));
    if (!claimed) return undefined;
    if (!repeated && claimed.fingerprint !== fingerprint) throw refuse('idempotency_key_reused');
    const trail = await this.store.find(claimed.operationId);
    const archived = trail ? undefined : await this.store.findArchived(claimed.operationId);
    if (archived) throw refuse('operation_archived', archived.archive);
    // One that is in the background is answered with how far it is: nobody waits for its end.
    if (!trail || !(trail.outcome || trail.intent.background)) {
      throw stillRunning(plan === undefined ? 'still_running' : 'plan_running', claimed.operationId);
    }
    return resultOfEarlier(trail);
  }

  /** The answer to a command whose claim came second. */
  refusal(
    { key, operationId, fingerprint: theirs }: Extract<AppendRejection, { reason: 'claimed' }>,
    ours: string,
  ): Problem {
    if (key.startsWith(SIGNATURE)) return stillRunning('still_running', operationId);
    if (key.startsWith(PLAN_CLAIM)) return stillRunning('plan_running', operationId);
    if (key.startsWith(UNDO)) return refuse('undo_running');
    return theirs === ours ? stillRunning('still_running', operationId) : refuse('idempotency_key_reused');
  }

  #cleanUp(): void {
    const now = this.clock.now();
    this.claims.forget(now - this.#keptMs, now - IMPACT_KEPT_MS).catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'expired idempotency keys could not be removed; trying again');
    });
    this.#cancel = this.clock.schedule(CLEANUP_INTERVAL_MS, () => this.#cleanUp());
  }
}

/** @param operationId of the operation that is under way */
function stillRunning(code: 'still_running' | 'plan_running', operationId: string): Problem {
  return refuse(code, undefined, { operationId });
}

interface Run {
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** None once it has ended: a Map keeps more than what is in it, see Roster. */
  result: Promise<OperationResult> | undefined;
}

/**
 * Operations that are under way in this process. A request without a key that is the same as one that its caller sent a moment
 * ago, and that still runs, joins it: a double click kills no process twice.
 */
@Injectable()
export class InFlightDeduplicator {
  readonly #runs = new Map<string, Run>();
  readonly #joinMs: number;

  constructor(
    @Inject(CONFIG) { idempotency }: Config,
    private readonly clock: Clock,
  ) {
    this.#joinMs = idempotency.joinMs;
  }

  /** @param mayJoin whether the request may share another one's operation */
  async run(
    fingerprint: string,
    { caller, onBehalfOf = '', deadlineAt }: CallContext,
    mayJoin: boolean,
    act: () => Promise<OperationResult>,
  ): Promise<OperationResult> {
    if (this.#joinMs === 0) return act();
    const name = JSON.stringify([caller.id, onBehalfOf, fingerprint]);
    const now = this.clock.monotonic();
    const other = this.#runs.get(name);
    if (mayJoin && other?.result && now - other.startedAt < this.#joinMs) {
      return { ...(await this.#within(deadlineAt, other.result)), repeated: 'joined' };
    }
    const running = act();
    const run: Run = { startedAt: now, result: running };
    this.#runs.set(name, run);
    const forget = () => {
      run.result = undefined;
      if (this.#runs.get(name) === run) this.#runs.delete(name);
    };
    try {
      const result = await running;
      // An operation in the background still runs when it is answered.
      if (result.ended) void result.ended.then(forget);
      else forget();
      return result;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** A request that joins waits no longer than it would have for an operation of its own. @throws Problem 504 */
  async #within(deadlineAt: number, result: Promise<OperationResult>): Promise<OperationResult> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.clock.schedule(deadlineAt - this.clock.monotonic(), () =>
        reject(refuse('joined_still_running')),
      );
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      cancel();
    }
  }
}

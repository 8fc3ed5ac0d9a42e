import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import type { Claim, AppendRejection } from '../../audit/audit.engine.js';
import { ClaimStore } from '../../audit/limits.store.js';
import { OperationStore } from '../../audit/operation.store.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { Problem } from '../../problems/problem.js';
import { resultOfEarlier, type OperationResult } from '../operation-result.js';
import type { OperationCommand } from '../operation-command.js';

/** What counts for the daily cap and the brake is needed for a day. */
const REACH_KEPT_MS = 48 * 3_600_000;
const TIDY_EVERY_MS = 3_600_000;

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
    this.#tidy();
  }

  onModuleDestroy(): void {
    this.#cancel?.();
  }

  /** What the order claims with its intent. */
  claimsOf(order: OperationCommand, fingerprint: string): Claim[] {
    const voidBefore = this.clock.now() - this.#keptMs;
    const { undoes, plan } = order;
    return [
      ...claimsOfRepeats(order),
      ...(plan === undefined ? [] : [planClaim(plan)]),
      ...(undoes === undefined ? [] : [undoClaim(undoes)]),
    ].map((key) => ({ key, fingerprint, voidBefore }));
  }

  /**
   * What came of an earlier request under the order's key, or with its signature; undefined when there was none.
   *
   * @throws Problem 409, 422
   */
  async earlier(
    { idempotencyKey, signature, plan }: Pick<OperationCommand, 'idempotencyKey' | 'signature' | 'plan'>,
    caller: Caller,
    fingerprint: string,
  ): Promise<OperationResult | undefined> {
    const key = plan === undefined ? idempotencyKey && keyClaim(idempotencyKey) : planClaim(plan);
    const voidBefore = this.clock.now() - this.#keptMs;
    const find = (claim: string | undefined) =>
      claim === undefined ? undefined : this.claims.find(caller.id, claim, voidBefore);
    // What was signed is the same to the last byte, whatever else came with it.
    const repeated = await find(signature && signatureClaim(signature));
    const claimed = repeated ?? (await find(key));
    if (!claimed) return undefined;
    if (!repeated && claimed.fingerprint !== fingerprint) throw OTHER_REQUEST();
    const trail = await this.store.find(claimed.operationId);
    // Of one that goes on in the background is told how far it is: nobody waits for its end.
    if (!trail || !(trail.outcome || trail.intent.background)) {
      throw plan === undefined ? STILL_RUNNING(claimed.operationId) : PLAN_RUNNING(claimed.operationId);
    }
    return resultOfEarlier(trail);
  }

  /** The answer to an order whose claim came second. */
  refusal(
    { key, operationId, fingerprint: theirs }: Extract<AppendRejection, { reason: 'claimed' }>,
    ours: string,
  ): Problem {
    if (key.startsWith(SIGNATURE)) return STILL_RUNNING(operationId);
    if (key.startsWith(PLAN_CLAIM)) return PLAN_RUNNING(operationId);
    if (key.startsWith(UNDO)) return UNDO_RUNNING();
    return theirs === ours ? STILL_RUNNING(operationId) : OTHER_REQUEST();
  }

  #tidy(): void {
    const now = this.clock.now();
    this.claims.forget(now - this.#keptMs, now - REACH_KEPT_MS).catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'expired idempotency keys could not be removed; trying again');
    });
    this.#cancel = this.clock.schedule(TIDY_EVERY_MS, () => this.#tidy());
  }
}

const SIGNATURE = 'signature:';
const signatureClaim = (signature: string): string => SIGNATURE + signature;
const keyClaim = (key: string): string => `key:${key}`;

/** What a request may be told again by: its claims are void where it may do better the next time. */
export const claimsOfRepeats = ({
  idempotencyKey,
  signature,
}: Pick<OperationCommand, 'idempotencyKey' | 'signature'>): string[] => [
  ...(signature === undefined ? [] : [signatureClaim(signature)]),
  ...(idempotencyKey === undefined ? [] : [keyClaim(idempotencyKey)]),
];

/** What applying a plan claims, before its id: it is applied once. */
export const PLAN_CLAIM = 'plan:';
export const planClaim = (plan: string): string => PLAN_CLAIM + plan;

const UNDO = 'undo:';
/** Of two undoings that saw the same state, one goes ahead. */
const undoClaim = ({ operationId, round }: NonNullable<OperationCommand['undoes']>): string =>
  `${UNDO}${operationId}:${round}`;

export const UNDO_RUNNING = (): Problem =>
  new Problem(
    409,
    'undo_running',
    'This operation is being taken back at the moment. Nothing more was done; look at its receipt in a moment.',
    { retryable: true, retryAfter: 1 },
  );

/** @param operationId of the operation that applies it */
export const PLAN_RUNNING = (operationId: string): Problem =>
  new Problem(
    409,
    'plan_running',
    'This plan is being applied at the moment. Nothing more was done; send this again in a moment for what came of it.',
    { retryable: true, retryAfter: 1, operationId },
  );

/** @param operationId of the operation that is under way */
export const STILL_RUNNING = (operationId: string): Problem =>
  new Problem(
    409,
    'still_running',
    'The same request, under the same Idempotency-Key or with the same signature, is under way. Send this one again in a moment for its answer.',
    { retryable: true, retryAfter: 1, operationId },
  );

export const OTHER_REQUEST = (): Problem =>
  new Problem(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request. Nothing was done; send a new key with a new request.',
  );

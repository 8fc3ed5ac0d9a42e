import { Inject, Injectable } from '@nestjs/common';

import { alarmOutcomes } from '../../audit/alarm-outcomes.js';
import type { OperationTrail } from '../../audit/audit-record.js';
import { ChainCheck } from '../../audit/chain-check.js';
import { OperationStore } from '../../audit/operation.store.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import type { OperationName } from '../../domain/operation-name.js';
import { isOperationType, OPERATION_TYPES, type OperationType } from '../../domain/operation-type.js';
import { UNDO_RUNNING } from '../admission/idempotency.service.js';
import { recordedBody } from '../../hss/index.js';
import type { UnresolvedCommand, OperationCommand, ResolvedScope } from '../operation-command.js';
import { ownOperation } from '../own-operation.js';
import { undoCommand, UNDO_ROUTE } from './undo-command.js';
import {
  notUndoable,
  nothingToUndo,
  projectChanged,
  RECORD_UNVERIFIED,
  UNDONE_TOO_SOON,
} from './undo-problems.js';
import { toUndo, type UndoChain } from './undo-chain.js';

/** What a caller may say of an undoing. */
export interface UndoWish {
  readonly remark?: string;
  readonly idempotencyKey?: string;
}

/** Takes operations back: the inverse for exactly the alarms that they changed, as their records tell. */
@Injectable()
export class UndoService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly chain: ChainCheck,
  ) {}

  /** @throws Problem 404 when the caller has no such operation, 409 when its project is another one now */
  async draftOf(id: string, wish: UndoWish, { caller }: CallContext): Promise<UnresolvedCommand> {
    const { remark, idempotencyKey } = wish;
    const { intent } = await ownOperation(this.store, id, caller);
    const { project, enterpriseProjectId, containerId, containerName } = intent.scope;
    if (!this.config.projects.has(project)) throw projectChanged(project);
    return {
      route: UNDO_ROUTE,
      operation: inverseOf(intent.operation),
      scope: {
        project,
        enterpriseProjectId,
        ...(containerId !== undefined && { containerId }),
        ...(containerName !== undefined && { containerName }),
      },
      canonical: JSON.stringify([id, remark ?? null]),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      complete: (place) => this.#complete(id, wish, place),
    };
  }

  /** @throws Problem 409 when it can't be taken back now */
  async #complete(
    id: string,
    { remark, idempotencyKey }: UndoWish,
    { scope }: ResolvedScope,
  ): Promise<OperationCommand> {
    if (!(await this.chain.isInPlace(id))) throw RECORD_UNVERIFIED();
    const undoing = await this.undoingOf(id);
    const { trail, undoings } = undoing;
    if (trail.intent.scope.projectId !== scope.projectId) throw projectChanged(scope.project);
    if (!trail.outcome) throw UNDONE_TOO_SOON();
    if (undoings.some(({ trail: { outcome } }) => !outcome)) throw UNDO_RUNNING();
    const left = toUndo(undoing);
    if (left.length === 0) throw nothingToUndo(trail, unknownIn(trail));
    const bodies = (await this.store.requests(id)).map(recordedBody);
    return {
      route: UNDO_ROUTE,
      ...undoCommand(
        { inverse: inverseOf(trail.intent.operation), trail, bodies, left, round: undoings.length },
        remark,
      ),
      scope,
      ...(remark !== undefined && { remark }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
  }

  /** An operation with all that takes it back, and takes that back. */
  async undoingOf(id: string): Promise<UndoChain> {
    const trail = await this.store.find(id);
    if (!trail) throw new Error(`operation ${id} is gone from the trail`);
    const ids = trail.undoneBy ?? [];
    return { trail, undoings: await Promise.all(ids.map((undoing) => this.undoingOf(undoing))) };
  }
}

/** @throws Problem 409 where upstream has nothing that would take it back */
function inverseOf(operation: OperationName): OperationType {
  if (isOperationType(operation)) return OPERATION_TYPES[operation].inverse;
  throw notUndoable(operation);
}

function unknownIn(trail: OperationTrail): number {
  return alarmOutcomes(trail).filter(({ outcome }) => outcome === 'unknown').length;
}

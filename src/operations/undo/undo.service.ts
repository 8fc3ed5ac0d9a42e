import { Inject, Injectable } from '@nestjs/common';

import { alarmOutcomes, ChainCheck, OperationStore } from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import {
  isOperationType,
  type OperationName,
  OPERATIONS,
  type OperationType,
} from '../../domain/operation-type.js';
import { refuse } from '../../problems/catalogue.js';
import { recordedBody } from '../../hss/index.js';
import type { Lookup, OperationCommand, ResolvedScope, UnresolvedCommand } from '../operation-command.js';
import { ownOperation } from '../own-operation.js';
import { toUndo, undoCommand, type UndoChain } from './undo-chain.js';

const UNDO_ROUTE = 'POST /v1/operations/{id}/undo';

/** What a caller may say of an undoing. */
export interface UndoOptions {
  readonly remark?: string;
  readonly idempotencyKey?: string;
}

/** Undoes operations: the inverse for exactly the alarms that they changed, according to their records. */
@Injectable()
export class UndoService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: OperationStore,
    private readonly chain: ChainCheck,
  ) {}

  /** @throws Problem 404 when the caller has no such operation, 409 when its project is another one now */
  async commandFor(
    operationId: string,
    { remark, idempotencyKey }: UndoOptions,
    { caller }: CallContext,
  ): Promise<UnresolvedCommand> {
    const { intent } = await ownOperation(this.store, operationId, caller);
    const { project, enterpriseProjectId, containerId, containerName } = intent.scope;
    if (!this.config.projects.has(project)) throw refuse('project_changed', { operationIn: project });
    return {
      route: UNDO_ROUTE,
      operation: inverseOf(intent.operation),
      scope: {
        project,
        enterpriseProjectId,
        ...(containerId !== undefined && { containerId }),
        ...(containerName !== undefined && { containerName }),
      },
      canonical: JSON.stringify([operationId, remark ?? null]),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      lookup: { kind: 'undo', operationId, ...(remark !== undefined && { remark }) },
    };
  }

  /** What there is to undo now. @throws Problem 409 when it cannot be undone now */
  async resolve(
    { operationId, remark }: Extract<Lookup, { kind: 'undo' }>,
    { scope }: ResolvedScope,
  ): Promise<Omit<OperationCommand, 'route'>> {
    if (!(await this.chain.isInPlace(operationId))) throw refuse('record_unverified');
    const chain = await this.undoingOf(operationId);
    const { trail, undoings } = chain;
    if (trail.intent.scope.projectId !== scope.projectId) {
      throw refuse('project_changed', { operationIn: scope.project });
    }
    if (!trail.outcome) throw refuse('operation_running');
    if (undoings.some((undoing) => !undoing.trail.outcome)) throw refuse('undo_running');
    const eventIds = toUndo(chain);
    if (eventIds.length === 0) throw nothingToUndo(chain);
    const bodies = (await this.store.requests(operationId)).map(recordedBody);
    const inverse = inverseOf(trail.intent.operation);
    return {
      ...undoCommand({ inverse, chain, bodies, eventIds }, remark),
      scope,
      ...(remark !== undefined && { remark }),
    };
  }

  /** An operation with all that undoes it, and undoes that. */
  async undoingOf(id: string): Promise<UndoChain> {
    const trail = await this.store.find(id);
    if (!trail) throw new Error(`operation ${id} is gone from the trail`);
    const ids = trail.undoneBy ?? [];
    return { trail, undoings: await Promise.all(ids.map((undoing) => this.undoingOf(undoing))) };
  }
}

/** @throws Problem 409 where upstream has no operation that undoes it */
function inverseOf(operation: OperationName): OperationType {
  if (isOperationType(operation)) return OPERATIONS[operation].inverse;
  throw refuse('not_undoable', { operation });
}

function nothingToUndo({ trail }: UndoChain): Error {
  const undoneBy = trail.undoneBy?.at(-1);
  const unknown = alarmOutcomes(trail).filter(({ outcome }) => outcome === 'unknown').length;
  return refuse('nothing_to_undo', { ...(undoneBy !== undefined && { undoneBy }), unknown });
}

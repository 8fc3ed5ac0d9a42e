import { Inject, Injectable } from '@nestjs/common';

import {
  alarmOutcomes,
  ChainCheck,
  OperationStore,
  seenAlarms,
  type Assumption,
  type OperationTrail,
} from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import {
  isOperationType,
  type OperationName,
  OPERATIONS,
  type OperationType,
} from '../../domain/operation-type.js';
import { refuse } from '../../problems/catalogue.js';
import {
  recordedBody,
  callBody,
  type HssBody,
  type WireEvent,
  type WireOperateBody,
  inChunks,
} from '../../hss/index.js';
import type {
  Lookup,
  OperationCommand,
  ResolvedScope,
  UnresolvedCommand,
  CommandAlarm,
} from '../operation-command.js';
import type { AlarmOutcome } from '../../domain/outcome.js';
import { commandAlarmOf } from '../prepare/operation.translator.js';

const UNDO_ROUTE = 'POST /v1/operations/{id}/undo';

/** What a caller may say of an undoing. */
interface UndoOptions {
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
    const { intent } = await this.store.findOwn(operationId, caller.id);
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

/** An operation with those that undo it, and those that undo these, and so on. */
export interface UndoChain {
  readonly trail: OperationTrail;
  readonly undoings: readonly UndoChain[];
}

/** Alarms that an operation changed and that no other one is known to have changed back, in the order of its request. */
export function toUndo({ trail, undoings }: UndoChain): string[] {
  const back = new Set(undoings.flatMap(undoneBy));
  return withOutcome(trail, 'applied').filter((eventId) => !back.has(eventId));
}

/** Alarms that an undoing left as they were before the operation that it undoes, as far as its own undoings show. */
function undoneBy(undoing: UndoChain): string[] {
  return [...withOutcome(undoing.trail, 'already'), ...toUndo(undoing)];
}

function withOutcome(trail: OperationTrail, wanted: AlarmOutcome): string[] {
  return alarmOutcomes(trail)
    .filter(({ outcome }) => outcome === wanted)
    .map(({ eventId }) => eventId);
}

/** What undoing an operation is made of. */
interface Undoable {
  /** The operation type that undoes it. */
  readonly inverse: OperationType;
  readonly chain: UndoChain;
  /** The bodies that the operation was to send. */
  readonly bodies: readonly HssBody[];
  /** Event ids to act on. */
  readonly eventIds: readonly string[];
}

/**
 * The inverse of a recorded operation for exactly the alarms given, with the very fields that were sent: what the caller or
 * upstream would say of them today does not matter.
 */
function undoCommand(
  { inverse: operation, chain: { trail, undoings }, bodies, eventIds }: Undoable,
  remark: string | undefined,
): Pick<OperationCommand, 'operation' | 'alarms' | 'bodies' | 'undoes'> {
  const wanted = new Set(eventIds);
  const sent = bodies.map(({ wire }) => wire as WireOperateBody);
  const events = sent
    .flatMap(({ operate_event_list: list }) => list)
    .map((event): WireEvent => ({ ...event, operate_detail_list: event.operate_detail_list ?? [] }))
    .filter(({ event_id }) => wanted.has(event_id));
  const addedRules = sent.some(({ event_white_rule_list: rules = [] }) => rules.length > 0);
  return {
    operation,
    alarms: alarmsOf(events, trail),
    bodies: inChunks(events).map((chunk) =>
      callBody({
        operate_type: operation,
        ...(remark !== undefined && { handler: remark }),
        operate_event_list: chunk,
      }),
    ),
    undoes: {
      operationId: trail.intent.operationId,
      round: undoings.length,
      leaves: addedRules ? ['whitelist_rules'] : [],
      assumes: assumptionsOf(trail, wanted),
    },
  };
}

/** With what was read of them for the operation, and the severities that upstream listed when they were looked up: who could act by them can undo by them. */
function alarmsOf(events: readonly WireEvent[], trail: OperationTrail): CommandAlarm[] {
  const { alarms, severities = [] } = trail.intent;
  const known = seenAlarms(trail);
  const byId = new Map(severities.map((severity, index) => [alarms[index], severity]));
  return events.map((event) => {
    const severity = byId.get(event.event_id);
    const seen = known?.get(event.event_id);
    return { ...commandAlarmOf(event), ...(severity && { severity }), ...(seen && { seen }) };
  });
}

/** What has to be assumed of the alarms that are undone. */
function assumptionsOf(trail: OperationTrail, wanted: ReadonlySet<string>): Assumption[] {
  const unread = alarmOutcomes(trail).some(({ eventId, stateBefore }) => stateBefore && wanted.has(eventId));
  return unread ? ['state_before'] : [];
}

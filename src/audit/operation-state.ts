import type { ChunkOutcome, OperationStatus } from '../domain/outcome.js';
import {
  openAlarms,
  outcomeCounts,
  rulesOutcome,
  targetsOf,
  type OutcomeCounts,
  type RulesOutcome,
} from './alarm-outcomes.js';
import type {
  AuditRecord,
  CancellationRecord,
  IntentRecord,
  OperationTrail,
  OutcomeRecord,
  RecordOfOperation,
  SettlementRecord,
  TrailPlace,
} from './audit-record.js';

/**
 * Where an operation stands. Each record moves it on, or leaves it where it is; none moves it back.
 *
 * - `awaiting_approval`: it waits for a person before anything is sent; no record puts an operation there yet
 * - `accepted`: its intent is written, and no record says anything of its chunks
 * - `running`: the result of some of its chunks is recorded
 * - `concluded`: it has its outcome, and something is still to be found out
 * - `settled`: nothing is to be found out any more
 */
export const OPERATION_STATES = ['awaiting_approval', 'accepted', 'running', 'concluded', 'settled'] as const;
type OperationState = (typeof OPERATION_STATES)[number];

type Kind = RecordOfOperation['kind'];
const UNDER_WAY: readonly Kind[] = ['chunk', 'pause', 'cancellation', 'outcome'];

/** What may follow in each state. A caller may cancel at any gateway, also while another one records the end. */
const MAY_FOLLOW: Readonly<Record<OperationState, readonly Kind[]>> = {
  awaiting_approval: ['cancellation'],
  accepted: UNDER_WAY,
  running: UNDER_WAY,
  concluded: ['settlement', 'cancellation'],
  settled: ['cancellation'],
};

/** A record that cannot follow what is known of its operation. */
export class IllegalTransition extends Error {
  constructor(from: OperationState | 'nothing', kind: Kind) {
    super(`a record of kind ${kind} cannot follow in an operation that is ${from}`);
  }
}

export function stateOf(operation: OperationTrail): OperationState {
  const { chunks, outcome } = operation;
  if (!outcome) return chunks.length === 0 ? 'accepted' : 'running';
  return isGivenUp(operation) || openAlarms(operation).size > 0 ? 'concluded' : 'settled';
}

/**
 * The operation after one more of its records. `AuditTrail` asks this of every record of an operation before it is written, with
 * the operation as the process that writes knows it; that another process has moved it on meanwhile is found by the store, in the
 * transaction that writes.
 *
 * @param operation undefined: there was none before
 * @throws IllegalTransition where the record cannot follow
 */
export function transition(operation: OperationTrail | undefined, record: RecordOfOperation): OperationTrail {
  const from = operation ? stateOf(operation) : 'nothing';
  const isLegal = from === 'nothing' ? record.kind === 'intent' : MAY_FOLLOW[from].includes(record.kind);
  const isNextChunk = record.kind !== 'chunk' || record.index === operation?.chunks.length;
  const next = isLegal && isNextChunk ? withRecord(operation, record) : undefined;
  if (!next) throw new IllegalTransition(from, record.kind);
  return next;
}

/** Without the question whether it may follow: what was written down can always be read, also by a version that does not know it. */
export function withRecord(
  operation: OperationTrail | undefined,
  record: RecordOfOperation,
): OperationTrail | undefined {
  if (!operation) return record.kind === 'intent' ? { intent: record, chunks: [] } : undefined;
  switch (record.kind) {
    case 'chunk':
      return operation.outcome ? operation : { ...operation, chunks: [...operation.chunks, record.chunk] };
    case 'outcome':
      return Object.assign({}, operation, { chunks: record.chunks, outcome: record });
    case 'settlement':
      return { ...operation, settlements: [...(operation.settlements ?? []), record] };
    case 'cancellation':
      return { ...operation, cancellation: operation.cancellation ?? record };
    case 'pause':
      return { ...operation, pausedBefore: record.chunk };
    case 'intent':
    default:
      return operation;
  }
}

/** A record with its place in the trail. */
export interface PlacedRecord {
  readonly seq: number;
  readonly record: AuditRecord;
}

/** An operation, read from its records in the order of the trail; undefined where its intent is not among them. */
export function trailOf(placed: readonly PlacedRecord[]): OperationTrail | undefined {
  let operation: OperationTrail | undefined;
  let place: TrailPlace = { began: 0 };
  for (const { seq, record } of placed) {
    if (!operation) place = { began: seq };
    operation = withRecord(operation, record as RecordOfOperation);
    if (record.kind === 'outcome') place = { ...place, ended: seq };
  }
  return operation && { ...operation, place };
}

/** Whether something is still to be found out about an operation, or to be done. */
export function isOpen(operation: OperationTrail): boolean {
  return stateOf(operation) !== 'settled';
}

/** What is said of an operation to its caller: what was found out last. */
export function operationStatus({ outcome, settlements }: OperationTrail): OperationStatus {
  return settlements?.at(-1)?.status ?? outcome?.status ?? 'pending';
}

/** Whether what is still unknown of an operation is not looked for any more. */
export function isGivenUp({ settlements }: OperationTrail): boolean {
  return settlements?.at(-1)?.settled === false;
}

/** Whether another process goes on with an operation that was cut off; one whose caller waited is concluded instead. */
export function isResumable({ intent, outcome }: OperationTrail): boolean {
  return !outcome && intent.background === true;
}

/** Where an operation goes on, or is concluded. */
interface ResumePoint {
  /** The results of its first chunks, which are not sent again. */
  readonly known: readonly ChunkOutcome[];
  /** The chunk, from 0, that may have been under way when its process ended: what came of it is looked up first. */
  readonly inDoubt: number;
}

/**
 * What is left of an operation, by its records. Chunks go one after the other and each is recorded before the next starts, so
 * only the first one without a record can have been under way. Undefined where nothing is left: it has its outcome.
 */
export function resumePoint({ chunks, outcome }: OperationTrail): ResumePoint | undefined {
  return outcome ? undefined : { known: chunks, inDoubt: chunks.length };
}

const ASKED = [
  'operationId',
  'at',
  'caller',
  'onBehalfOf',
  'operation',
  'remark',
  'scope',
  'rules',
  'undoes',
  'leaves',
  'assumes',
  'background',
  'plan',
  'expiresAt',
  'expired',
] as const;

/** What an intent says, but for what it acts on. */
export type Asked = Pick<IntentRecord, (typeof ASKED)[number]>;

/** What became of an operation so far, in numbers. */
export interface TargetFate extends Partial<Pick<OutcomeRecord, 'interrupted'>> {
  readonly outcomes: OutcomeCounts;
  /** RFC 3339; absent: it is under way. */
  readonly completedAt?: string;
  readonly rules: RulesOutcome;
  readonly settlement?: Pick<SettlementRecord, 'at' | 'settled'>;
}

export type Cancelled = Pick<CancellationRecord, 'at' | 'caller' | 'onBehalfOf'>;

/** An operation without its alarms or items: of the same size however many they are. */
export interface OperationSummary {
  readonly asked: Asked;
  /** How many alarms, or items, it names. */
  readonly targets: number;
  readonly status: OperationStatus;
  readonly fate: TargetFate;
  readonly cancellation?: Cancelled;
  /** As in a trail. */
  readonly undoneBy?: readonly string[];
}

export function summaryOf(trail: OperationTrail): OperationSummary {
  const { intent, cancellation, undoneBy } = trail;
  return {
    asked: askedOf(intent),
    targets: targetsOf(intent).length,
    status: operationStatus(trail),
    fate: fateOf(trail),
    ...(cancellation && { cancellation: cancelledOf(cancellation) }),
    ...(undoneBy && { undoneBy }),
  };
}

export function askedOf(intent: IntentRecord): Asked {
  const asked: Partial<Record<keyof Asked, unknown>> = {};
  for (const name of ASKED) if (intent[name] !== undefined) asked[name] = intent[name];
  return asked as Asked;
}

export function fateOf(trail: OperationTrail): TargetFate {
  const { chunks, outcome, settlements } = trail;
  const settlement = settlements?.at(-1);
  return {
    outcomes: outcomeCounts(trail),
    ...(outcome && { completedAt: outcome.at }),
    ...(outcome?.interrupted && { interrupted: true }),
    rules: rulesOutcome(chunks[0]),
    ...(settlement && { settlement: { at: settlement.at, settled: settlement.settled } }),
  };
}

export function cancelledOf({ at, caller, onBehalfOf }: CancellationRecord): Cancelled {
  return { at, caller, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

import type { KnownAlarmOutcome, OperationStatus } from '../domain/outcome.js';
import { alarmOutcomes, rulesOutcome, type RulesOutcome } from './alarm-outcomes.js';
import {
  targetsOf,
  type CancellationRecord,
  type IntentRecord,
  type OperationTrail,
  type OutcomeRecord,
  type SettlementRecord,
} from './audit-record.js';
import { operationStatus } from './operation-state.js';

/** How many alarms, or items, came to which outcome; one that none came to is absent. */
export type OutcomeCounts = Readonly<Partial<Record<KnownAlarmOutcome, number>>>;

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
    outcomes: countsOf(alarmOutcomes(trail)),
    ...(outcome && { completedAt: outcome.at }),
    ...(outcome?.interrupted && { interrupted: true }),
    rules: rulesOutcome(chunks[0]),
    ...(settlement && { settlement: { at: settlement.at, settled: settlement.settled } }),
  };
}

export function cancelledOf({ at, caller, onBehalfOf }: CancellationRecord): Cancelled {
  return { at, caller, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

export function countsOf(alarms: readonly { readonly outcome: KnownAlarmOutcome }[]): OutcomeCounts {
  const counts: Partial<Record<KnownAlarmOutcome, number>> = {};
  for (const { outcome } of alarms) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

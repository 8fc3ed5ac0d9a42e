export {
  alarmOutcomes,
  countsOf,
  eachOutcome,
  openAlarms,
  RULES_OUTCOMES,
  rulesOutcome,
  statusOf,
  targetsOf,
  wasOtherwiseBefore,
  type KnownOutcome,
  type RulesOutcome,
} from './alarm-outcomes.js';
export { ArchiveStore } from './archive/archive.store.js';
export { TrailExport } from './archive/trail-export.js';
export {
  AuditEngine,
  AuditUnavailable,
  type AppendRejection,
  type Archived,
  type Claim,
  type ImpactBudget,
} from './audit.engine.js';
export {
  ASSUMPTIONS,
  LEFTOVERS,
  RECORD_KINDS,
  type Assumption,
  type BrakeRecord,
  type HoldTarget,
  type IntentRecord,
  type ItemRecord,
  type Leftover,
  type OperationTrail,
  type OutcomeRecord,
  type RefusalRecord,
  type RefusalSummaryRecord,
  type SettledAlarm,
} from './audit-record.js';
export { AuditTrail, NotAdmitted, OperationTakenOver } from './audit-trail.js';
export { BrakeStore, ClaimStore, KeyUseStore, QuotaStore, type QuotaUse } from './callers.store.js';
export { ChainCheck } from './chain-check.js';
export { auditKeyFiles, openToOthers } from './key-files.js';
export { CheckpointSource, type PlacedCheckpoint } from './checkpoint.source.js';
export { Checkpointer } from './checkpointer.js';
export {
  EXPIRATION_ENDS,
  ExpirationStore,
  type DueExpiration,
  type Expiration,
  type ExpirationEnd,
  type ExpirationFilter,
} from './expiration.store.js';
export {
  DeliveryFailed,
  type Follower,
  type FollowerOptions,
  type FollowerSource,
  type Placed,
} from './follower.js';
export { Followers } from './followers.js';
export { holdName, HoldStore, type Hold } from './hold.store.js';
export { RecordSource, type PlacedBody } from './record.source.js';
export type { OperationFilter } from './operation.pages.js';
export type { OperationKind } from './operation.queries.js';
export {
  askedOf,
  isGivenUp,
  isOpen,
  isResumable,
  operationStatus,
  resumePoint,
  transition,
  type Asked,
  type Cancelled,
  type OperationSummary,
  type TargetFate,
} from './operation-state.js';
export { ocsfLine } from './ocsf.js';
export { recordHead } from './record-text.js';
export {
  isOperationId,
  OperationStore,
  type ArchivedOperation,
  type News,
  type Rivals,
} from './operation.store.js';
export { Ownership } from './ownership.js';
export { PlanStore, type LivePlans, type StoredPlan } from './plan.store.js';
export { ProofStore, Unproved, type KeptCheckpoint, type ProvedRecord } from './proof.store.js';
export { RecordStore, type FoundRecord, type RecordFilter } from './record.store.js';
export { interruptedOutcome, Recovery } from './recovery.js';
export { seenAlarms } from './seen-alarms.js';
export { SentMarks } from './sent-marks.js';
export { TrailIntegrity, type VerificationReport } from './integrity.js';
export { faultWords, type TrailFault } from './trail-fault.js';
export { cosignaturesIn } from './tree/cosignature.js';
export { COSIGNATURE, readVerifierKey, type VerifierKey } from './tree/signed-note.js';
export type { CheckedRecord } from './trail-source.js';
export { TrailState } from './trail-state.js';
export { witnessFollower } from './witnessed.js';

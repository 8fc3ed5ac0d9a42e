import type { Credential } from '../domain/caller.js';
import type { AlarmOutcome, ChunkOutcome, OperationStatus, LookedUp } from '../domain/outcome.js';
import type { OperationName } from '../domain/operation-type.js';
import type { SeenAlarm } from '../domain/seen-alarm.js';
import type { Severity } from '../domain/upstream-words.js';
import type { Scope } from '../domain/scope.js';
import type { TrailFault } from './trail-fault.js';

/** What a credential is called, never itself. */
type CredentialRecord = Pick<Credential, 'kind' | 'id'>;

interface RecordOf<Kind extends string> {
  readonly kind: Kind;
  /** RFC 3339. */
  readonly at: string;
}

interface OperationRecordOf<Kind extends string> extends RecordOf<Kind> {
  /** UUIDv7. */
  readonly operationId: string;
}

/** Who wanted what a record is about. */
interface Requested {
  readonly requestId: string;
  readonly caller: string;
  /** With what the caller authenticated. */
  readonly credential?: CredentialRecord;
  /** The human behind the request, as the caller named them. */
  readonly onBehalfOf?: string;
}

/** Written and durable before the first byte goes upstream. */
export interface IntentRecord extends OperationRecordOf<'intent'>, Requested {
  readonly operation: OperationName;
  readonly remark?: string;
  readonly scope: Scope;
  /** Event ids in the order of the request; none where it acts on items. */
  readonly alarms: readonly string[];
  /** Of each alarm, as upstream listed it when the alarms were looked up by their ids; absent where they were not. */
  readonly severities?: readonly (Severity | null)[];
  /**
   * Of each alarm, what was listed of it when it was looked up by its id, found for the plan, or read for the operation that this one
   * undoes; absent where none was read.
   */
  readonly seen?: readonly (SeenAlarm | null)[];
  /** What was listed of the alarms when they were looked up by their ids; absent where they were not. */
  readonly lookedUp?: LookedUp;
  /** What it acts on in one of upstream's lists, in the order of the request; absent where it acts on alarms. */
  readonly items?: readonly ItemRecord[];
  /** The key under which the caller may repeat the request without repeating its effect. */
  readonly idempotencyKey?: string;
  /** How many whitelist rules of the caller's own travel with its first chunk; absent: none. */
  readonly rules?: number;
  /** The operation that this one undoes. */
  readonly undoes?: string;
  /** What that operation did besides, and this one cannot undo. */
  readonly leaves?: readonly Leftover[];
  /** What had to be assumed about that operation. */
  readonly assumes?: readonly Assumption[];
  /** The caller did not wait for it: it runs in the background, and is resumed after a restart. */
  readonly background?: true;
  /** The plan that it applies. */
  readonly plan?: string;
  /** RFC 3339: when the gateway undoes it. */
  readonly expiresAt?: string;
  /** Made by the gateway at an expiration: it reverses the operation of `undoes`. */
  readonly expired?: true;
  /** What no other operation of the caller may claim; empty: nothing. Absent: an earlier version wrote it, which did not say. */
  readonly claims?: readonly ClaimRecord[];
  /** What it changes on hosts, or hides; absent: neither, or an earlier version wrote it. */
  readonly reach?: ReachRecord;
}

/** A claim of an operation: it is recognised by it when it is asked for again. */
export interface ClaimRecord {
  /** What is claimed, such as an idempotency key; of a signature only a digest. */
  readonly key: string;
  /** Of the request that claims it. */
  readonly fingerprint: string;
  /** It stands also when nothing came of the operation; absent: it is given up then. */
  readonly once?: true;
}

/** What is counted for the daily cap and for the brake. */
export interface ReachRecord {
  readonly alarms: number;
  /** Ids of hosts, or digests of what is put on a whitelist, each once. */
  readonly hosts: readonly string[];
}

/**
 * `state_before`: the state of some of its alarms before it was not read, so they are undone although they may have had the wanted
 * state already.
 */
export const ASSUMPTIONS = ['state_before'] as const;
export type Assumption = (typeof ASSUMPTIONS)[number];

/** One line of one of upstream's lists: an entry of a whitelist, an isolated file, a blocked address. */
export interface ItemRecord {
  /** Made of what identifies it upstream, so that the same item always has the same id. */
  readonly id: string;
  /** What identifies it, as the request named it. */
  readonly target: Readonly<Record<string, string | number | boolean>>;
}

/** `whitelist_rules`: rules of the caller's own that went on the whitelist with the alarms. */
export const LEFTOVERS = ['whitelist_rules'] as const;
export type Leftover = (typeof LEFTOVERS)[number];

/** One chunk of several has ended and its outcome is known; the next may start. */
export interface ChunkRecord extends OperationRecordOf<'chunk'> {
  /** From 0. */
  readonly index: number;
  readonly chunk: ChunkOutcome;
}

/** The end of an operation, written and durable before the answer. */
export interface OutcomeRecord extends OperationRecordOf<'outcome'> {
  readonly status: OperationStatus;
  /** Every chunk, in order; together they cover every alarm. */
  readonly chunks: readonly ChunkOutcome[];
  /** The process ended while the operation ran: written by its shutdown, or at the next start. */
  readonly interrupted?: true;
}

/** What a later look at upstream's state made of alarms whose outcome was unknown. */
export interface SettlementRecord extends OperationRecordOf<'settlement'> {
  /** The operation's status with what is known now. */
  readonly status: OperationStatus;
  /** Every alarm that was unknown before, in the order of the request. */
  readonly alarms: readonly SettledAlarm[];
  /**
   * `false`: it was given up; alarms that are still unknown stay unknown until a person looks. Otherwise they can
   * never be distinguished.
   */
  readonly settled: boolean;
}

export interface SettledAlarm {
  /** The item's id, where the operation acts on items. */
  readonly eventId: string;
  readonly outcome: AlarmOutcome;
  /** Upstream took it and is still at work on it. */
  readonly underWay?: true;
  /** `indistinguishable`: another operation did the same meanwhile, so whether this one did cannot be found out. */
  readonly reason?: 'indistinguishable';
  /** What was listed of it, where no earlier record of the operation says that. */
  readonly seen?: SeenAlarm;
}

/** Its caller wants an operation of the background to stop before its next chunk. */
export type CancellationRecord = OperationRecordOf<'cancellation'> & Requested;

/** A process that ends leaves an operation of the background to the next one. Written where that one cannot see the marks. */
export interface PauseRecord extends OperationRecordOf<'pause'> {
  /** The first chunk that was not sent, from 0. */
  readonly chunk: number;
}

/** A request that was refused before anything was meant to be done. */
export interface RefusalRecord extends RecordOf<'refusal'>, Omit<Requested, 'caller'> {
  /** Absent: the sender was not authenticated, whichever name was used. */
  readonly caller?: string;
  readonly address: string;
  readonly method: string;
  /** The route's pattern, not the address that was typed. */
  readonly route: string;
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly pointers?: readonly string[];
  /** Of earlier versions, which had no summaries: refusals since the one before that were only counted. */
  readonly unrecorded?: number;
}

/** Refusals that were too many to be recorded one by one, or that could not be: each is counted in one summary. */
export interface RefusalSummaryRecord extends RecordOf<'refusal_summary'> {
  /** RFC 3339: of the first and of the last one. */
  readonly from: string;
  readonly to: string;
  /** Whose they are; absent: of those who were not authenticated. */
  readonly caller?: string;
  /** By the problem's code. */
  readonly counts: Readonly<Record<string, number>>;
  /** How many they came from, up to 10,000; an IPv6 network of 64 bits is one. */
  readonly addresses: number;
}

/** A caller's brake was engaged by its own operations, or released by a person. */
export interface BrakeRecord extends RecordOf<'brake'> {
  readonly requestId: string;
  /** Whose brake. */
  readonly caller: string;
  readonly engaged: boolean;
  /** Who released it: another caller, and the human behind it. */
  readonly by?: string;
  readonly onBehalfOf?: string;
  /** Hosts within the hour that the refused operation would have brought it to, and how many it may reach. */
  readonly hosts?: number;
  readonly mostHosts?: number;
}

/** The trail is signed with another key from here on: the one before says so. */
export interface KeyRecord extends RecordOf<'key'> {
  /** The name of the tree. */
  readonly origin: string;
  /** Verifier's text of the key from here on, and of the one before. */
  readonly key: string;
  readonly previous: string;
  /** Signed by the one before. */
  readonly note: string;
}

/** The verification found something: no act was sent from here on until a person had acknowledged it. */
export interface VerificationRecord extends RecordOf<'verification'> {
  readonly faults: readonly TrailFault[];
}

/** A person knows of faults, and lets acts go on. What they are about is believed by nobody. */
export interface AcknowledgementRecord extends RecordOf<'acknowledgement'> {
  /** The name of the tree. */
  readonly origin: string;
  /** Who, and why, in their own words. */
  readonly by: string;
  readonly reason: string;
  readonly faults: readonly TrailFault[];
  /** Signed by the audit key. */
  readonly note: string;
}

/** Records were moved to a file: verification begins behind them from here on. */
export interface ArchiveRecord extends RecordOf<'archive'> {
  readonly first: number;
  readonly last: number;
  /** Its name, without its folder. */
  readonly file: string;
  /** Of the file; hexadecimal digits, as those below. */
  readonly sha256: string;
  /** Of the chain, up to the last of these records. */
  readonly hash: string;
  /** Of the tree over all records up to the last of these. */
  readonly root: string;
}

/** On what a legal hold lies: one operation, or everything that one caller did or was refused. */
export type HoldTarget = { readonly operationId: string } | { readonly caller: string };

/** A person wants records to be kept where they are, or does not any more. The last one about a target counts. */
export interface HoldRecord extends RecordOf<'hold'> {
  readonly requestId: string;
  /** Who asked for it. */
  readonly caller: string;
  readonly onBehalfOf?: string;
  readonly hold: HoldTarget;
  /** `false`: the hold is released. */
  readonly held: boolean;
  readonly reason: string;
}

export type AuditRecord =
  | IntentRecord
  | ChunkRecord
  | CancellationRecord
  | PauseRecord
  | OutcomeRecord
  | SettlementRecord
  | RefusalRecord
  | RefusalSummaryRecord
  | BrakeRecord
  | KeyRecord
  | VerificationRecord
  | AcknowledgementRecord
  | ArchiveRecord
  | HoldRecord;

/** Each kind once: one that is missing here does not compile. */
const KINDS: Readonly<Record<AuditRecord['kind'], true>> = {
  intent: true,
  chunk: true,
  cancellation: true,
  pause: true,
  outcome: true,
  settlement: true,
  refusal: true,
  refusal_summary: true,
  brake: true,
  key: true,
  verification: true,
  acknowledgement: true,
  archive: true,
  hold: true,
};
export const RECORD_KINDS = Object.keys(KINDS) as readonly AuditRecord['kind'][];

/** Those that belong to one operation. */
export type RecordOfOperation = Extract<AuditRecord, { readonly operationId: string }>;

/** An operation as its records show it; `operation-state.ts` makes it of them. */
export interface OperationTrail {
  readonly intent: IntentRecord;
  /** In order; without an outcome record, those known so far. */
  readonly chunks: readonly ChunkOutcome[];
  readonly outcome?: OutcomeRecord;
  /** In order; absent: none. */
  readonly settlements?: readonly SettlementRecord[];
  /** Ids of the operations that undid this one, or tried to, oldest first; absent: none. */
  readonly undoneBy?: readonly string[];
  /** The first one; absent: none. */
  readonly cancellation?: CancellationRecord;
  /** The chunk before which it was paused last, not sent by then; absent: it was not. */
  readonly pausedBefore?: number;
  /** Where its records stand in the trail; absent of one that was not read from there. */
  readonly place?: TrailPlace;
}

/** Places of records in the trail: what stands before was written before, whichever time a clock showed. */
export interface TrailPlace {
  /** Of the intent. */
  readonly began: number;
  /** Of the outcome; absent: none yet. */
  readonly ended?: number;
}

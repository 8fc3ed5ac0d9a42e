import type { Assumption, ItemRecord, Leftover } from '../audit/audit-record.js';
import type { ProjectConfig } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import type { AlarmDetail } from '../domain/detail-fields.js';
import type { LookedUp } from '../domain/looked-up.js';
import type { OperationName } from '../domain/operation-name.js';
import type { Scope } from '../domain/scope.js';
import type { Severity } from '../domain/severity.js';
import type { HssBody } from '../hss/index.js';
import type { RequestedScope } from '../http/access.js';

/** What is decided by, of a process, file or login behind an alarm. */
export type CommandAlarmDetail = AlarmDetail;

/** A rule of the alarm whitelist, in the words in which orders are decided by. */
export interface CommandWhitelistRule {
  readonly eventType: number;
  readonly fieldKey: string;
  readonly fieldValue: string;
  readonly judgeType: string;
  /** Whether it is for all hosts. */
  readonly scope?: boolean;
  readonly agentIds?: readonly string[];
  readonly instanceIds?: readonly string[];
}

export interface CommandAlarm {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  /** Absent: not known, as where the caller named the alarm in full. */
  readonly severity?: Severity;
  readonly details?: readonly CommandAlarmDetail[];
}

/** What is decided by, of an item of one of upstream's lists, besides what the records keep of it. */
export interface CommandItem extends ItemRecord {
  /** Of alarms that it concerns; absent: not known. */
  readonly eventType?: number;
  /** Upstream's id of the host that it is on. */
  readonly hostId?: string;
  readonly fileHash?: string;
  readonly filePath?: string;
}

/** One valid request to handle alarms, or items of one of upstream's lists, whichever API it came by. */
export interface OperationCommand {
  /** Method and pattern of the route it came by. */
  readonly route: string;
  readonly operation: OperationName;
  /** None where it is about items. */
  readonly alarms: readonly CommandAlarm[];
  /** The request named its alarms by their ids. */
  readonly byId?: true;
  /** Absent where it is about alarms. */
  readonly items?: readonly CommandItem[];
  /** Only where alarms are put on the alarm whitelist. */
  readonly whitelistRules?: readonly CommandWhitelistRule[];
  readonly remark?: string;
  readonly scope?: RequestedScope;
  /** What will travel upstream, one body for each chunk of alarms. */
  readonly bodies: readonly HssBody[];
  /** The bodies in a form that is the same for requests that mean the same, where they are not so themselves. */
  readonly canonical?: string;
  /** What it sends travels as it came, and upstream's state has no say in it. */
  readonly verbatim?: boolean;
  /** What was listed of its alarms when they were looked up by their ids, and when, by the monotonic clock. */
  readonly lookedUp?: LookedUp & { readonly readAt: number };
  /** The operation that it takes back, with what cannot be taken back of it. */
  readonly undoes?: {
    readonly operationId: string;
    readonly round: number;
    readonly leaves: readonly Leftover[];
    readonly assumes: readonly Assumption[];
  };
  /** Under which the caller may send it again without its being done again. */
  readonly idempotencyKey?: string;
  /** The plan that it applies, which is applied once. */
  readonly plan?: string;
  /** RFC 3339: when it is to be taken back. */
  readonly expiresAt?: string;
  /** It takes back what was to be taken back by now. */
  readonly expired?: true;
  /** Whether its caller does not wait for it. */
  readonly background?: true;
  /** The signature that came with it: what comes with it again is the same request. */
  readonly signature?: string;
}

/** Where an order acts. */
export interface ResolvedScope {
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

/** An order that its caller may give, and where it will act. */
export interface AuthorizedCommand extends ResolvedScope {
  readonly order: OperationCommand;
}

/**
 * A request whose alarms have yet to be looked up. What was asked tells whether it was asked before; only one that is about to
 * be done is completed.
 */
export interface UnresolvedCommand extends Pick<
  OperationCommand,
  'route' | 'operation' | 'scope' | 'idempotencyKey' | 'expiresAt' | 'plan'
> {
  /** What was asked, in a form that is the same for requests that mean the same. */
  readonly canonical: string;
  /** Looks up what is missing. @throws Problem when it can't be done as asked; nothing was done then */
  complete(place: ResolvedScope, context: CallContext): Promise<OperationCommand>;
}

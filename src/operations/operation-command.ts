import type { LookedUp } from '../domain/outcome.js';
import type { Assumption, ItemRecord, Leftover } from '../audit/index.js';
import type { ProjectConfig } from '../config/config.js';
import type { AlarmDetail } from '../domain/detail-fields.js';
import type { OperationName } from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import type { SeenAlarm } from '../domain/seen-alarm.js';
import type { Severity } from '../domain/upstream-words.js';
import type { AlarmReference, HssBody } from '../hss/index.js';
import type { RequestedScope } from '../access/grants.js';

/** What decisions are made of, of a process, file or login behind an alarm. */
export type CommandAlarmDetail = AlarmDetail;

/** A rule of the alarm whitelist, as decisions are made of it. */
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
  /** What upstream listed of it; absent: likewise. */
  readonly seen?: SeenAlarm;
  readonly details?: readonly CommandAlarmDetail[];
}

/** What decisions are made of, of an item of one of upstream's lists, besides what the records keep of it. */
export interface CommandItem extends ItemRecord {
  /** Of alarms that it concerns; absent: not known. */
  readonly eventType?: number;
  /** Upstream's id of the host that it is on. */
  readonly hostId?: string;
  readonly fileHash?: string;
  readonly filePath?: string;
}

/** By which API a command came, and whether it travels on as it came. */
interface CommandSource {
  /** Method and pattern of the route it came by. */
  readonly route: string;
  /** It is sent exactly as it came: upstream's state does not change what is sent. */
  readonly verbatim?: boolean;
}

/** When a command is carried out, and until when it holds. */
export interface CommandSchedule {
  /** Its caller does not wait for it. */
  readonly background?: true;
  /** RFC 3339: when it is to be undone. */
  readonly expiresAt?: string;
  /** It undoes what was to be undone by now. */
  readonly expired?: true;
}

/** What keeps a command from being carried out twice. */
export interface CommandDeduplication {
  /** Under which the caller may send it again without its being done again. */
  readonly idempotencyKey?: string;
  /** The signature that came with it: what comes with it again is the same request. */
  readonly signature?: string;
  /** The plan that it applies, which is applied once. */
  readonly plan?: string;
  /** What was asked, in a form that is the same for requests that mean the same, where the bodies are not. */
  readonly canonical?: string;
}

/** One valid request to handle alarms, or items of one of upstream's lists, as data, by whichever API it came. */
export interface OperationCommand extends CommandSource, CommandSchedule, CommandDeduplication {
  readonly operation: OperationName;
  /** None where it acts on items. */
  readonly alarms: readonly CommandAlarm[];
  /** Absent where it acts on alarms. */
  readonly items?: readonly CommandItem[];
  /** Only where alarms are put on the alarm whitelist. */
  readonly whitelistRules?: readonly CommandWhitelistRule[];
  readonly remark?: string;
  readonly scope?: RequestedScope;
  /** What will travel upstream, one for each chunk: the wire object, and its text as it is recorded and sent. */
  readonly bodies: readonly HssBody[];
  /** The request named its alarms by their ids. */
  readonly byId?: true;
  /** What was listed of its alarms when they were looked up by their ids, and when, by the monotonic clock. */
  readonly lookedUp?: LookedUp & { readonly readAt: number };
  /** The operation that it undoes, with what cannot be undone of it. */
  readonly undoes?: {
    readonly operationId: string;
    readonly round: number;
    readonly leaves: readonly Leftover[];
    readonly assumes: readonly Assumption[];
  };
}

/** What has yet to be looked up before a command can be carried out. */
export type Lookup =
  | {
      readonly kind: 'alarms';
      readonly references: readonly AlarmReference[];
      readonly remark?: string;
      readonly whitelistRules?: readonly CommandWhitelistRule[];
    }
  | { readonly kind: 'undo'; readonly operationId: string; readonly remark?: string }
  /** @param projectId for which the plan was made */
  | { readonly kind: 'plan'; readonly command: OperationCommand; readonly projectId: string };

/**
 * A request that has yet to be looked up. What was asked is enough to recognise a repeated request; only one that is about to be
 * carried out is resolved.
 */
export interface UnresolvedCommand extends CommandSource, CommandSchedule, CommandDeduplication {
  readonly operation: OperationName;
  readonly scope?: RequestedScope;
  readonly canonical: string;
  readonly lookup: Lookup;
}

/** Where a command acts. */
export interface ResolvedScope {
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

/** A command that its caller may give, and where it will act. */
export interface AuthorizedCommand extends ResolvedScope {
  readonly command: OperationCommand;
}

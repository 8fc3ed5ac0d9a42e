import type { ProjectConfig } from '../config/config.js';
import type { OperationType } from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import type { ScopeWish } from '../http/policy.js';

/** What is decided by, of a process, file or login behind an alarm. */
export interface OrderedDetail {
  readonly agentId?: string;
  readonly processPid?: number;
  readonly fileHash?: string;
  readonly filePath?: string;
  readonly loginIp?: string;
}

export interface OrderedAlarm {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly details?: readonly OrderedDetail[];
}

/** One valid request to handle alarms, whichever API it came by. */
export interface Order {
  /** Method and pattern of the route it came by. */
  readonly route: string;
  readonly operation: OperationType;
  readonly alarms: readonly OrderedAlarm[];
  readonly whitelistRules?: readonly { readonly eventType: number }[];
  readonly remark?: string;
  readonly scope?: ScopeWish;
  /** What will travel upstream, one body for each chunk of alarms, as JSON. */
  readonly bodies: readonly string[];
  /** The bodies in a form that is the same for requests that mean the same, where they are not so themselves. */
  readonly canonical?: string;
  /** Under which the caller may send it again without its being done again. */
  readonly idempotencyKey?: string;
  /** The signature that came with it, which may come only once. */
  readonly signature?: string;
}

/** An order that its caller may give, and where it will act. */
export interface PlacedOrder {
  readonly order: Order;
  readonly scope: Scope;
  readonly project: ProjectConfig;
}

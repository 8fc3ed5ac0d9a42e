import type { AttackTag, HandleStatus, Severity } from '../domain/upstream-words.js';
import type { AlarmDetail } from '../domain/detail-fields.js';
import type { OperationType } from '../domain/operation-type.js';

export interface AlarmHandling {
  /** One of the five forward operation types; a word of upstream's own that is none of them is left out. */
  readonly method?: OperationType;
  /** RFC 3339. */
  readonly at?: string;
  readonly remark?: string;
}

export interface AlarmHost {
  readonly id?: string;
  readonly name?: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  readonly osType?: string;
  readonly status?: string;
  readonly agentStatus?: string;
  readonly protectStatus?: string;
  readonly assetValue?: string;
}

export interface AlarmContainer {
  readonly id?: string;
  readonly name?: string;
  readonly imageName?: string;
}

/**
 * One alarm as upstream lists it (contract 2.1), made of named fields only. Upstream promises none of them but the id, and what
 * is empty there is absent here. Nothing of its processes, users, files and forensics is in it beyond `details`: those hold
 * passwords, command lines and contents of files.
 */
export interface Alarm {
  readonly eventId: string;
  readonly eventClassId?: string;
  readonly eventType?: number;
  /** Epoch milliseconds, exact: beyond the safe integers as decimal digits. */
  readonly occurTime?: number | string;
  /** The same as an RFC 3339 time, where that can say it. */
  readonly occurredAt?: string;
  readonly name?: string;
  readonly severity?: Severity;
  readonly status?: HandleStatus;
  readonly handling?: AlarmHandling;
  readonly host: AlarmHost;
  readonly container?: AlarmContainer;
  readonly attackTag?: AttackTag;
  /** Phase of the kill chain. */
  readonly attackPhase?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly recommendation?: string;
  readonly tags: readonly string[];
  /** How often it occurred. */
  readonly count?: number;
  readonly enterpriseProjectId?: string;
  /** The operation types that it takes now; absent where upstream does not say. */
  readonly accepts?: readonly OperationType[];
  /** Ready to be sent back with an operation. */
  readonly details: readonly AlarmDetail[];
}

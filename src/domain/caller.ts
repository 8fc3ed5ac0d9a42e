import type { OperationType } from './operation-type.js';

/** What a caller may do: any of these operation types, in any of these projects, in any of these enterprise projects. */
export interface Grant {
  readonly operations: readonly (OperationType | '*')[];
  readonly projects: readonly string[];
  /** `*` is any single enterprise project; `all_granted_eps` only where it is listed literally. */
  readonly enterpriseProjects: readonly string[];
}

/** An authenticated internal app. */
export interface Caller {
  readonly id: string;
  readonly grants: readonly Grant[];
}

/** Who asks, under which id, and until when: made at the edge, passed on as an argument. */
export interface CallContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Epoch milliseconds; nothing is started after it. */
  readonly deadlineAt: number;
}

/** One record on its way into the store, with what the store keeps beside it to find it again. */
export interface Entry {
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly operationId: string | null;
  /** The record as JSON; these very bytes are chained and kept. */
  readonly body: string;
  /** A new operation, with an intent. */
  readonly operation?: {
    readonly caller: string;
    readonly type: string;
    readonly project: string;
    readonly enterpriseProjectId: string;
    readonly eventIds: readonly string[];
  };
  /** The operation's new status, with an outcome. */
  readonly status?: string;
  /** With a status: whether something is still to be found out about the operation. */
  readonly open?: boolean;
}

export type Row = Record<string, unknown>;
export type SqlValue = string | number | bigint | Uint8Array | null;

/** Where records live. An append resolves when all of its entries are durable, in the order given, or none is. */
export abstract class AuditEngine {
  abstract append(entries: readonly Entry[]): Promise<void>;
  abstract query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]>;
  abstract close(): Promise<void>;
}

import { createHash } from 'node:crypto';

import { recordHead } from './record-text.js';

/** The hash before the first record. */
export const GENESIS = Buffer.alloc(32);

/** A link of the chain: SHA-256 over the link before it and the record's bytes. */
export function link(previous: Uint8Array, body: string): Buffer {
  return createHash('sha256').update(previous).update(body).digest();
}

/** A record as it is stored, with what finds the operation that it is of; null where there is none. */
export interface StoredRecord {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly operation_id: string | null;
  readonly body: string;
  readonly hash: Uint8Array;
  readonly caller: string | null;
  readonly type: string | null;
  readonly project: string | null;
  readonly enterprise_project_id: string | null;
}

/** Why a record does not belong where it stands, to stand after "record N of the trail"; undefined where it does. */
export function misfitOf(record: StoredRecord, previous: Uint8Array): string | undefined {
  if (!link(previous, record.body).equals(record.hash)) return 'does not follow from the one before';
  return agrees(record) ? undefined : 'is listed as something else than it says';
}

/**
 * Whether a record says of itself by what it is found: when, what and of which operation it is; an intent also whose.
 *
 * @throws Error where it cannot be read
 */
function agrees({ body, ...row }: StoredRecord): boolean {
  const { kind, at, operationId, ...record } = recordHead(body);
  if (kind !== row.kind || Date.parse(String(at)) !== row.at) return false;
  if (row.operation_id !== null && operationId !== row.operation_id) return false;
  if (kind !== 'intent') return true;
  const { caller, operation, scope } = record;
  return (
    caller === row.caller &&
    operation === row.type &&
    scope?.project === row.project &&
    scope?.enterpriseProjectId === row.enterprise_project_id
  );
}

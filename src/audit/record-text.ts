import { createHash, hash } from 'node:crypto';

import type { AuditRecord, IntentRecord } from './audit-record.js';
import type { AuditTables } from './engine.dialect.js';
import { LEAF, leafHash } from './tree/merkle-tree.js';

/** The hash before the first record. */
export const GENESIS = Buffer.alloc(32);

/** Bytes of one UTF-16 unit in UTF-8, at most. */
const MAX_UTF8 = 3;
/** One call over a copy costs half of what three calls do; of what is longer the bytes cost more than the calls. */
const together = Buffer.allocUnsafeSlow(262_144);

/** A link of the chain: SHA-256 over the link before it and the record's bytes. */
export function link(previous: Uint8Array, body: string): Buffer {
  return copied(previous, body) ?? createHash('sha256').update(previous).update(body).digest();
}

/** The link of a record, and its leaf in the tree: its text becomes bytes once for both. */
export function linkAndLeaf(
  previous: Uint8Array,
  body: string,
): { readonly hash: Buffer; readonly leaf: Buffer } {
  const own = copied(previous, body);
  if (!own) return { hash: link(previous, body), leaf: leafHash(body) };
  // What stands before the text is not needed any more: its last byte is the leaf's first one.
  const begin = previous.length - 1;
  together[begin] = LEAF;
  return { hash: own, leaf: hash('sha256', together.subarray(begin, end), 'buffer') };
}

/** Of what {@link together} holds. */
let end = 0;

/** The link by a copy of both, which is left in place; undefined where that would be too long. */
function copied(previous: Uint8Array, body: string): Buffer | undefined {
  if (previous.length + body.length * MAX_UTF8 > together.length) return undefined;
  together.set(previous);
  end = previous.length + together.write(body, previous.length);
  return hash('sha256', together.subarray(0, end), 'buffer');
}

/** Where the requests of an intent begin. No text in the record can hold this: its quotes would be escaped there. */
export const REQUESTS = ',"requests":[';

/** Where what it acts on begins, behind who wants what, and where. */
const ALARMS = ',"alarms":[';

/** A record, read from its text without requests: it holds no number that would be rounded. */
export function readRecord(body: string): AuditRecord {
  return JSON.parse(body) as AuditRecord;
}

/** What a record says of itself, as far as JSON's own numbers go: for what asks for texts only. */
export function recordHead(body: string): Partial<IntentRecord> & { readonly kind?: string } {
  const at = body.indexOf(REQUESTS);
  return JSON.parse(at < 0 ? body : `${body.slice(0, at)}}`) as Partial<IntentRecord>;
}

/** What stands in an intent before what it acts on, which may be long: who wants what, and where. */
export function intentHead(body: string): IntentRecord {
  const at = body.indexOf(ALARMS);
  const head = JSON.parse(at < 0 ? body : `${body.slice(0, at)}}`) as IntentRecord;
  return (head.scope as unknown) ? head : (recordHead(body) as IntentRecord);
}

/** The requests of an intent, each with the very bytes that were written down. */
export function requestsIn(body: string): string[] {
  const at = body.indexOf(REQUESTS);
  return at < 0 ? [] : itemsOf(body, at + REQUESTS.length);
}

/** A record as it is stored, with what finds the operation that it is of; null where there is none. */
export type StoredRecord = Omit<AuditTables['audit_record'], 'seal'> & {
  readonly [Column in 'caller' | 'type' | 'project' | 'enterprise_project_id']: string | null;
};

/**
 * Why the record at a place of the trail does not belong there; undefined where it does.
 *
 * @param previous hash of the record before; absent: that is missing
 */
export function faultAt(
  seq: number,
  record: StoredRecord | undefined,
  previous?: Uint8Array,
): string | undefined {
  if (record?.seq !== seq) return `record ${seq} of the trail is missing`;
  if (!previous && seq > 1) return `record ${seq - 1} of the trail is missing`;
  try {
    if (!link(previous ?? GENESIS, record.body).equals(record.hash))
      return `record ${seq} of the trail does not follow from the one before`;
    return agrees(record) ? undefined : `record ${seq} of the trail is listed as something else than it says`;
  } catch {
    // A column of another type, a text that is no JSON.
    return `record ${seq} of the trail cannot be read`;
  }
}

/**
 * Whether a record says of itself by what it is found: when, what and of which operation it is; an intent also whose.
 *
 * @throws Error where it cannot be read
 */
export function agrees({ body, ...row }: StoredRecord): boolean {
  const { kind, at, operationId, ...record } = recordHead(body);
  if (kind !== row.kind || Date.parse(String(at)) !== row.at) return false;
  if ((operationId ?? null) !== row.operation_id) return false;
  if (kind !== 'intent') return true;
  const { caller, operation, scope } = record;
  return (
    caller === row.caller &&
    operation === row.type &&
    scope?.project === row.project &&
    scope?.enterpriseProjectId === row.enterprise_project_id
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const isOpening = (code: number) => code === 0x7b || code === 0x5b;
const isClosing = (code: number) => code === 0x7d || code === 0x5d;

/** The texts of a list's items. @param start just after its opening bracket, in JSON that is known to be right */
function itemsOf(json: string, start: number): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfText(json, at);
    else if (isOpening(code)) depth += 1;
    else if (depth > 0 && isClosing(code)) depth -= 1;
    else if (depth === 0 && (code === COMMA || isClosing(code))) {
      if (at > from) items.push(json.slice(from, at));
      from = at + 1;
      if (code !== COMMA) break;
    }
  }
  return items;
}

/** The place of the quote that ends the text which begins at a quote. */
function endOfText(json: string, quote: number): number {
  let at = quote + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

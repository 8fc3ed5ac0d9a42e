import { sql, type RawBuilder } from 'kysely';

import type { AuditRecord, IntentRecord } from './audit-record.js';
import type { DialectName } from './audit.engine.js';

/** Where the requests of an intent begin. No text in the record can hold this: its quotes would be escaped there. */
const REQUESTS = ',"requests":[';

/** A query for a record's text without the requests of an intent, which are most of it and which few ask for. */
export function bodyWithoutRequests(dialect: DialectName): RawBuilder<string> {
  const place = dialect === 'postgres' ? sql`strpos(body, ${REQUESTS})` : sql`instr(body, ${REQUESTS})`;
  return sql<string>`CASE WHEN kind = 'intent' AND ${place} > 0
    THEN substr(body, 1, ${place} - 1) || '}' ELSE body END`;
}

/** A record, read from its text without requests: it holds no number that would be rounded. */
export function readRecord(body: string): AuditRecord {
  return JSON.parse(body) as AuditRecord;
}

/** What a record says of itself, as far as JSON's own numbers go: for what asks for texts only. */
export function recordHead(body: string): Partial<IntentRecord> & { readonly kind?: string } {
  const at = body.indexOf(REQUESTS);
  return JSON.parse(at < 0 ? body : `${body.slice(0, at)}}`) as Partial<IntentRecord>;
}

/** The requests of an intent, each with the very bytes that were written down. */
export function requestsIn(body: string): string[] {
  const at = body.indexOf(REQUESTS);
  return at < 0 ? [] : itemsOf(body, at + REQUESTS.length);
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

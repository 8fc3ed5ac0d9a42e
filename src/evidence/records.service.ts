import { Injectable } from '@nestjs/common';

import { mayAudit, mayAuditAll } from '../access/grants.js';
import { ArchiveStore, RecordStore, type FoundRecord, type RecordFilter } from '../audit/index.js';
import type { Caller } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { Clock } from '../domain/times.js';
import { limitOf, windowOf, wordsOf } from '../lists/filter-fields.js';
import { cursorAt, MAX_BYTES, readPlace } from '../operations/receipts/receipt-page.js';
import { CallerTurns } from '../operations/receipts/turns.js';
import { refuse } from '../problems/catalogue.js';
import type { RecordQueryDto } from './record-query.dto.js';

/** A request may look at thousands of records: of these, so many are served for one caller at once. */
const MAX_AT_ONCE = 2;

/** Shows auditors the records of the trail, as JSON with each record's own bytes in it: no number is ever rounded. */
@Injectable()
export class RecordsService {
  readonly #turns = new CallerTurns(MAX_AT_ONCE);

  constructor(
    private readonly records: RecordStore,
    private readonly archives: ArchiveStore,
    private readonly clock: Clock,
  ) {}

  /** A page of those that the caller may read. */
  async list(query: RecordQueryDto, caller: Caller): Promise<string> {
    const filter = filterOf(query, this.clock.now());
    const { records, next } = await this.#turns.take(caller.id, () =>
      this.records.page(filter, mayReadFor(caller), limitOf(query), MAX_BYTES),
    );
    const nextCursor = next === undefined ? '' : `,"nextCursor":"${cursorAt(next)}"`;
    return `{"items":[${records.map(itemOf).join(',')}]${nextCursor}}`;
  }

  /** @throws Problem 404, also for what the caller may not read; 410 where it is in an archive, and the caller may read all records */
  async find(sequence: string, caller: Caller): Promise<string> {
    const isSequence = /^[1-9]\d{0,14}$/.test(sequence);
    const record = isSequence ? await this.records.find(Number(sequence), mayReadFor(caller)) : undefined;
    // Nothing says any more to which scope an archived record belongs: only a caller that may read all records hears of it.
    const mayKnow = isSequence && !record && mayAuditAll(caller);
    const archive = mayKnow ? await this.archives.holding(Number(sequence)) : undefined;
    if (archive) throw refuse('record_archived', archive);
    if (!record) throw refuse('record_not_found');
    return itemOf(record);
  }
}

/** What belongs to no operation is nobody's scope: only who may audit everything reads it. */
function mayReadFor(caller: Caller): (scope?: Pick<Scope, 'project' | 'enterpriseProjectId'>) => boolean {
  const readsAll = mayAuditAll(caller);
  return (scope) => (scope ? mayAudit(caller, scope) : readsAll);
}

function itemOf({ seq, at, kind, hash, operation_id: operationId, body }: FoundRecord): string {
  const head = {
    ...{ sequence: seq, at: new Date(at).toISOString(), kind, hash: Buffer.from(hash).toString('hex') },
    ...(operationId !== null && { operationId }),
  };
  return `${JSON.stringify(head).slice(0, -1)},"record":${isJson(body) ? body : JSON.stringify({ unreadable: body })}}`;
}

/** A trail that somebody changed is read too. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @param now epoch milliseconds */
function filterOf(query: RecordQueryDto, now: number): RecordFilter {
  const { kind, caller, onBehalfOf, operation, severity, outcome, code } = query;
  const { host, agentId, alarm, operationId } = query;
  const words = (given: string | string[] | undefined) =>
    given === undefined ? undefined : [...new Set(wordsOf(given))];
  return {
    facts: {
      ...{ kind: words(kind), operation: words(operation), severity: words(severity) },
      ...{ outcome: words(outcome), code: words(code) },
      caller: caller === undefined ? undefined : [caller],
      onBehalfOf: onBehalfOf === undefined ? undefined : [onBehalfOf],
    },
    ...{ host, agentId, alarm, operationId },
    ...windowOf(query, now),
    before: readPlace(query.cursor),
  };
}

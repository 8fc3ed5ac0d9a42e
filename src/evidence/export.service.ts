import { Readable } from 'node:stream';

import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { mayAudit, mayAuditAll } from '../access/grants.js';
import { CallerCounts } from '../access/caller-quota.js';
import { ArchiveStore, ocsfLine, TrailExport, type CheckedRecord } from '../audit/index.js';
import type { Caller } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { Clock } from '../domain/times.js';
import { windowOf } from '../lists/filter-fields.js';
import { refuse } from '../problems/catalogue.js';
import type { ExportFormat, ExportQueryDto } from './export-query.dto.js';
import { CSV_HEAD, csvLine } from './export.lines.js';

/** Exports at once: of one caller, and of all. */
const MAX_OF_CALLER = 2;
const MAX_OF_ALL = 8;
/** What is handed over at once, about. */
const CHUNK_CHARACTERS = 65_536;
/** One that nobody reads for so long is given up. */
const STALLED_MS = 300_000;
/** Of operations in a row, intents are kept in memory. */
const MAX_INTENTS = 64;

type RecordRange = Awaited<ReturnType<TrailExport['rangeOf']>>;
type MayRead = (scope: Pick<Scope, 'project' | 'enterpriseProjectId'> | undefined) => boolean;

/** Streams parts of the trail to auditors. */
@Injectable()
export class ExportService implements OnModuleDestroy {
  readonly #logger = new Logger(ExportService.name);
  readonly #own = new CallerCounts();
  #all = 0;
  readonly #running = new Set<Readable>();

  constructor(
    private readonly trail: TrailExport,
    private readonly archives: ArchiveStore,
    private readonly clock: Clock,
  ) {}

  /** Nobody shall take for whole what a shutdown cuts off. */
  onModuleDestroy(): void {
    for (const stream of this.#running) stream.destroy(new Error('the gateway stops'));
  }

  /**
   * What ends early ends with an error.
   *
   * @param isAllowed whether the caller may still read
   * @throws Problem 410 where the first record is in an archive, 429
   */
  async stream(query: ExportQueryDto, caller: Caller, isAllowed: () => boolean): Promise<Readable> {
    const giveBack = this.#take(caller.id);
    try {
      const part = await this.#partOf(query);
      const window = this.#windowOf(query);
      const lines = this.#lines(query.format ?? 'ndjson', part, mayReadFor(caller), window);
      return this.#streamOf(lines, isAllowed).once('close', giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #take(caller: string): () => void {
    if (this.#own.of(caller) >= MAX_OF_CALLER) throw refuse('export_limit', { most: MAX_OF_CALLER });
    if (this.#all >= MAX_OF_ALL) throw refuse('export_limit', {});
    const change = (by: 1 | -1) => {
      this.#all += by;
      this.#own.change(caller, by);
    };
    change(1);
    return () => change(-1);
  }

  #windowOf({ from, to }: ExportQueryDto) {
    return windowOf({ from, to }, this.clock.now());
  }

  async #partOf(query: ExportQueryDto): Promise<RecordRange> {
    const [first, last] = [query.first, query.last].map((place) =>
      place === undefined ? undefined : Number(place),
    );
    const archive = first === undefined ? undefined : await this.archives.holding(first);
    if (archive) throw refuse('record_archived', archive);
    return this.trail.rangeOf({
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
      ...this.#windowOf(query),
    });
  }

  #streamOf(lines: AsyncIterable<string>, isAllowed: () => boolean): Readable {
    let endWatch: (() => void) | undefined;
    const watched = async function* (this: ExportService): AsyncGenerator<string> {
      for await (const chunk of inChunks(lines)) {
        if (!isAllowed()) throw new Error('its caller may not read any more');
        endWatch = this.clock.schedule(STALLED_MS, () => stream.destroy(new Error('nobody reads it')));
        yield chunk;
        endWatch();
      }
    };
    const stream = Readable.from(watched.call(this), { objectMode: false, highWaterMark: CHUNK_CHARACTERS });
    this.#running.add(stream);
    stream.once('error', (err) => this.#logger.warn({ err }, 'an export of the trail was cut off'));
    return stream.once('close', () => {
      endWatch?.();
      this.#running.delete(stream);
    });
  }

  async *#lines(
    format: ExportFormat,
    part: RecordRange,
    mayRead: MayRead,
    { from = 0, to = Infinity },
  ): AsyncGenerator<string> {
    if (format === 'ndjson') {
      for await (const line of this.trail.lines(part, mayRead)) yield `${line}\n`;
      return;
    }
    if (format === 'csv') yield CSV_HEAD;
    const intents = new Map<string, string | undefined>();
    for await (const row of this.trail.all(part, mayRead)) {
      if (row.at < from || row.at > to) continue;
      yield format === 'csv' ? csvLine(row) : await this.#ocsfLine(row, intents);
    }
  }

  async #ocsfLine(row: CheckedRecord, intents: Map<string, string | undefined>): Promise<string> {
    const { seq: position, operation_id: id, kind, body, hash } = row;
    if (id !== null && !intents.has(id)) {
      const [oldest] = intents.keys();
      if (oldest !== undefined && intents.size >= MAX_INTENTS) intents.delete(oldest);
      intents.set(id, kind === 'intent' ? body : await this.trail.intentOf(id));
    }
    return `${ocsfLine({ position, body, hash }, id === null ? undefined : intents.get(id))}\n`;
  }
}

function mayReadFor(caller: Caller): MayRead {
  const readsAll = mayAuditAll(caller);
  return (scope) => (scope ? mayAudit(caller, scope) : readsAll);
}

/** A line alone may be longer. */
async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk: string[] = [];
  let characters = 0;
  for await (const line of lines) {
    chunk.push(line);
    characters += line.length;
    if (characters < CHUNK_CHARACTERS) continue;
    yield chunk.join('');
    [chunk, characters] = [[], 0];
  }
  if (chunk.length > 0) yield chunk.join('');
}

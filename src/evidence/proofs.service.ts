import { Injectable, Logger } from '@nestjs/common';

import { mayReadOperation } from '../access/grants.js';
import {
  AuditUnavailable,
  Checkpointer,
  isOperationId,
  OperationStore,
  ProofStore,
  RecordSource,
  TrailState,
  Unproved,
  type IntentRecord,
  type KeptCheckpoint,
} from '../audit/index.js';
import type { Caller } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { limitOf } from '../lists/filter-fields.js';
import { cursorAt, MAX_BYTES, readPlace } from '../operations/receipts/receipt-page.js';
import { CallerTurns } from '../operations/receipts/turns.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import type {
  CheckpointDto,
  CheckpointPageDto,
  CheckpointQueryDto,
  ConsistencyDto,
  ConsistencyQueryDto,
  ProofDto,
  ProofQueryDto,
} from './proof.dto.js';

/** A proof reads as much as its page is long: of these, so many are served for one caller at once. */
const MAX_AT_ONCE = 2;
/** For a checkpoint. */
const MAX_WAIT_MS = 5_000;

const inBase64 = (hash: Uint8Array): string => Buffer.from(hash).toString('base64');

/** Proves to third parties what is on the trail. */
@Injectable()
export class ProofsService {
  readonly #logger = new Logger(ProofsService.name);
  readonly #turns = new CallerTurns(MAX_AT_ONCE);

  constructor(
    private readonly proofs: ProofStore,
    private readonly records: RecordSource,
    private readonly operations: OperationStore,
    private readonly checkpointer: Checkpointer,
    private readonly trail: TrailState,
    private readonly clock: Clock,
  ) {}

  /** The records of an operation that the caller may read the receipt of. @throws Problem 404, 409, 410, 503 */
  async find(id: string, { cursor }: ProofQueryDto, caller: Caller): Promise<ProofDto> {
    await this.#requireReadable(id, caller);
    const after = readPlace(cursor) ?? 0;
    return this.#turns.take(caller.id, () => this.#prove(id, after));
  }

  async checkpoints(query: CheckpointQueryDto): Promise<CheckpointPageDto> {
    const limit = limitOf(query);
    const found = await this.proofs.checkpoints(
      readPlace(query.cursor) ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    );
    const [page, last] = [found.slice(0, limit), found[limit - 1]];
    return {
      ...(await this.#tree()),
      items: page.map(shown),
      ...(found.length > limit && last && { nextCursor: cursorAt(last.size) }),
    };
  }

  /** @throws Problem 400, 404, 409 */
  async consistency(query: ConsistencyQueryDto): Promise<ConsistencyDto> {
    const [from, to] = [await this.#checkpoint('from', query.from), await this.#checkpoint('to', query.to)];
    if ('near' in from || 'near' in to)
      throw refuse(
        'checkpoint_not_found',
        [from, to].flatMap((each) => ('near' in each ? each : [])),
      );
    const path = await proved(() => this.proofs.consistency(from, to));
    return { from: shown(from), to: shown(to), path: path.map(inBase64) };
  }

  async #tree(): Promise<Pick<ProofDto, 'origin' | 'publicKeys'>> {
    return { origin: this.proofs.origin, publicKeys: await this.proofs.publicKeys() };
  }

  async #requireReadable(id: string, caller: Caller): Promise<void> {
    const body = isOperationId(id) ? await this.records.intentOf(id) : undefined;
    if (body === undefined) throw await this.#notLive(id, caller);
    const { caller: owner, scope } = JSON.parse(body) as IntentRecord;
    if (!mayReadOperation(caller, owner, scope)) throw refuse('operation_not_found');
  }

  /** Why an operation that has no intent in the database cannot be proved. */
  async #notLive(id: string, caller: Caller): Promise<Problem> {
    const archived = await this.operations.findArchived(id);
    return archived && mayReadOperation(caller, archived.caller, archived)
      ? refuse('record_archived', archived.archive)
      : refuse('operation_not_found');
  }

  async #prove(operationId: string, after: number): Promise<ProofDto> {
    const last = await this.proofs.lastOf(operationId);
    const checkpoint = await this.#covering(last);
    const lastCovered =
      last <= checkpoint.size ? last : await this.proofs.lastOf(operationId, checkpoint.size);
    if (lastCovered === 0) throw refuse('not_covered');
    const page = { after, mostBytes: MAX_BYTES };
    const found = await proved(() => this.proofs.ofOperation(operationId, page, checkpoint));
    const reached = found.at(-1)?.seq ?? after;
    return {
      operationId,
      ...(await this.#tree()),
      checkpoint: checkpoint.note,
      records: found.map(({ seq, body, leaf, path }) => ({
        ...{ sequence: seq, record: body },
        ...{ leafHash: inBase64(leaf), path: path.map(inBase64) },
      })),
      ...(last > checkpoint.size && { uncovered: true }),
      ...(reached < lastCovered && { nextCursor: cursorAt(reached) }),
    };
  }

  /** The newest checkpoint, after one was made where it has to be; of a broken trail, whatever it covers. @throws Problem 503 */
  async #covering(last: number): Promise<KeptCheckpoint> {
    const until = this.clock.monotonic() + MAX_WAIT_MS;
    for (;;) {
      const newest = await this.proofs.newest();
      if (newest && (newest.size >= last || this.trail.broken)) return newest;
      const left = until - this.clock.monotonic();
      if (this.trail.broken || left <= 0) throw refuse('not_covered');
      await this.#signed(left);
    }
  }

  /** Waits for a checkpoint. @throws Problem 503 where none can be made now */
  async #signed(withinMs: number): Promise<void> {
    let cancel: (() => void) | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      cancel = this.clock.schedule(withinMs, resolve);
    });
    try {
      await Promise.race([this.checkpointer.signSoon(), timeIsUp]);
    } catch (error) {
      if (!(error instanceof AuditUnavailable))
        this.#logger.warn({ err: error }, 'no checkpoint can be made');
      throw refuse('not_covered', undefined, {}, { cause: error });
    } finally {
      cancel?.();
    }
  }

  async #checkpoint(parameter: string, asked: string) {
    const size = Number(asked);
    const found = await this.proofs.checkpoint(size);
    return 'near' in found ? { parameter, size, ...found } : found;
  }
}

function shown({ size, at, note }: KeptCheckpoint): CheckpointDto {
  return { size, at: new Date(at).toISOString(), note };
}

/** @throws Problem 409 */
async function proved<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Unproved ? refuse('unproved', undefined, {}, { cause: error }) : error;
  }
}

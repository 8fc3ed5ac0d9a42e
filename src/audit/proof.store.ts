import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { AuditEngine, AuditUnavailable } from './audit.engine.js';
import { Store } from './store.js';
import { TrailKeeper } from './trail-keeper.js';
import { TrailOpening } from './trail-opening.js';
import { DatabaseSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { readCheckpoint, type Checkpoint } from './tree/checkpoint.js';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  leafHash,
  rootByInclusion,
  type SubtreeReader,
} from './tree/merkle-tree.js';
import { subtreesIn, type Tile } from './tree/tiles.js';

/** A checkpoint as it is kept. */
export interface KeptCheckpoint {
  /** Records that it covers. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The signed note, with the cosignatures that were added to it. */
  readonly note: string;
}

/** A record with the hashes by which it is in the tree of a checkpoint. */
export interface ProvedRecord {
  readonly seq: number;
  /** As it is stored. */
  readonly body: string;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** What is kept does not lead to what was signed: it was changed from outside. */
export class Unproved extends Error {}

/** Records of one operation that are proved at once. */
const MAX_RECORDS = 100;

/** Proves from the tree what checkpoints cover. Nothing is answered that does not lead to them. */
@Injectable()
export class ProofStore extends Store {
  readonly #source = new DatabaseSource(this.engine, 'read');

  constructor(
    engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
  ) {
    super(engine);
  }

  get origin(): string {
    return this.opening.origin;
  }

  /**
   * What checkpoints can be verified with, the newest first: the gateway's own keys, and those that they were changed to or from. Who
   * comes after a change of the key would have nothing for what the one before has signed otherwise.
   */
  async publicKeys(): Promise<string[]> {
    const last = await this.#source.lastCheckpoint();
    const { verifiers } = await TrailStatements.read(this.#source, this.keeper.keys.verifiers, last);
    return verifiers.map(({ text }) => text);
  }

  /** Newest first. @param before its size, of the first that is not wanted any more */
  checkpoints(before: number, limit: number): Promise<KeptCheckpoint[]> {
    return this.#kept().where('size', '<', before).orderBy('size', 'desc').limit(limit).execute();
  }

  /** The one that covers the most; undefined: none is there. */
  async newest(): Promise<KeptCheckpoint | undefined> {
    return (await this.checkpoints(Number.MAX_SAFE_INTEGER, 1))[0];
  }

  /** Of a size; or else the sizes next to it. */
  async checkpoint(size: number): Promise<KeptCheckpoint | { readonly near: readonly number[] }> {
    const [below] = await this.checkpoints(size + 1, 1);
    if (below?.size === size) return below;
    const above = await this.#kept().where('size', '>', size).orderBy('size').limit(1).executeTakeFirst();
    return { near: [below, above].flatMap((near) => near?.size ?? []) };
  }

  /** The hashes by which what one checkpoint covers is the beginning of what another does. @throws Unproved */
  async consistency(from: KeptCheckpoint, to: KeptCheckpoint): Promise<readonly Uint8Array[]> {
    return proved(async () => {
      const path = await consistencyPath(from.size, to.size, this.#reader());
      return isConsistent(checkpointIn(from), checkpointIn(to), path) ? path : undefined;
    });
  }

  /** The same from any size, for those who know what it covered. @throws Error where the tree is not whole */
  async pathFrom(size: number, to: KeptCheckpoint): Promise<readonly Uint8Array[]> {
    return consistencyPath(size, to.size, this.#reader());
  }

  /** The place of an operation's last record; 0: it has none. @param upTo of those up to here */
  async lastOf(operationId: string, upTo = Number.MAX_SAFE_INTEGER): Promise<number> {
    const row = await this.readings
      .selectFrom('audit_record')
      .select(({ fn }) => fn.max('seq').as('last'))
      .where('operation_id', '=', operationId)
      .where('seq', '<=', upTo)
      .executeTakeFirst();
    return Number(row?.last ?? 0);
  }

  /**
   * Records of an operation with their proofs, in order: of those that a checkpoint covers the next ones.
   *
   * @param mostBytes of all of them, unless the first alone is longer
   * @throws Unproved
   */
  async ofOperation(
    operationId: string,
    { after, mostBytes }: { readonly after: number; readonly mostBytes: number },
    checkpoint: KeptCheckpoint,
  ): Promise<ProvedRecord[]> {
    const upTo = await this.#upTo(operationId, after, checkpoint.size, mostBytes);
    const rows = await this.readings
      .selectFrom('audit_record')
      .select(['seq', 'body'])
      .where('operation_id', '=', operationId)
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .orderBy('seq')
      .execute();
    const read = this.#reader();
    return proved(async () => {
      const { size, root } = checkpointIn(checkpoint);
      const records: ProvedRecord[] = [];
      for (const { seq, body } of rows) {
        const leaf = leafHash(body);
        const path = await inclusionPath(seq - 1, size, read);
        if (Buffer.compare(rootByInclusion(seq - 1, size, leaf, path) ?? leaf, root) !== 0) return undefined;
        records.push({ seq, body, leaf, path });
      }
      return records;
    });
  }

  /** The place of the last record that is answered together with others. */
  async #upTo(operationId: string, after: number, size: number, mostBytes: number): Promise<number> {
    const rows = await this.readings
      .selectFrom('audit_record')
      .select(['seq', sql<number>`octet_length(body)`.as('bytes')])
      .where('operation_id', '=', operationId)
      .where('seq', '>', after)
      .where('seq', '<=', size)
      .orderBy('seq')
      .limit(MAX_RECORDS)
      .execute();
    let bytes = 0;
    const fitting = rows.filter((row, index) => (bytes += Number(row.bytes)) <= mostBytes || index === 0);
    return fitting.at(-1)?.seq ?? after;
  }

  #kept() {
    return this.readings.selectFrom('checkpoint').select(['size', 'at', 'note']);
  }

  /** Reads each tile once: paths of neighbours have most of them in common. */
  #reader(): SubtreeReader {
    const known = new Map<string, Promise<readonly Tile[]>>();
    return subtreesIn(async (wanted) => {
      const tiles = wanted.map(({ level, place }) => {
        const name = `${level}/${place}`;
        const tile = known.get(name) ?? this.#source.tiles([{ level, place }]);
        known.set(name, tile);
        return tile;
      });
      return (await Promise.all(tiles)).flat();
    });
  }
}

/** @throws Error where it is none */
function checkpointIn({ note }: KeptCheckpoint): Checkpoint {
  return readCheckpoint(note);
}

/** @throws Unproved where nothing comes of it, or what it needs of the tree is not whole; AuditUnavailable */
async function proved<T>(work: () => Promise<T | undefined>): Promise<T> {
  const found = await work().catch((cause: unknown) => {
    throw cause instanceof AuditUnavailable ? cause : new Unproved('the tree is not whole', { cause });
  });
  if (found === undefined) throw new Unproved('it does not lead to the checkpoint');
  return found;
}

import { sql } from 'kysely';

import type { AuditEngine } from './audit.engine.js';
import { queriesOver } from './engine.dialect.js';
import { isWithin, type RecordRange } from './trail-fault.js';
import { DatabaseSource, type TrailSource } from './trail-source.js';
import { keptEdge, same } from './tree-comparison.js';
import { openCheckpoint } from './tree/checkpoint.js';
import { MISSING_LEAF } from './tree/growth.js';
import { HASH_BYTES, leafHash } from './tree/merkle-tree.js';
import { hashAt, TILE_WIDTH, type Tile, type TreeEdge } from './tree/tiles.js';

/**
 * Makes the kept tree again of the records that are here. Where a person has acknowledged that a record is not as it was written, the
 * tree keeps what it has; of records in archives too.
 *
 * @param engine in one transaction, while nobody else adds to the tree
 * @param onProgress from 0 to 1
 * @throws Error where the tree that comes of it is not the one that was signed
 */
export async function rebuildTree(
  engine: AuditEngine,
  acknowledged: readonly RecordRange[],
  onProgress: (part: number) => void,
): Promise<void> {
  const queries = queriesOver(engine);
  const source = new DatabaseSource(engine);
  const { seq: base } = await source.base();
  const edge = await keptEdge(source, base);
  if (!edge)
    throw new Error(`the kept tree is not whole at record ${base}, and what is before is in archives`);
  const size = Math.max((await source.last())?.seq ?? 0, ...acknowledged.map(({ last }) => last));
  const checkpoint = await source.lastCheckpoint(size);
  const kept = new KeptLeaves(source);
  const isKept = (seq: number) => isWithin({ first: seq, last: seq }, acknowledged);

  while (edge.size < size) {
    const rows = await source.records(edge.size, TILE_WIDTH - (edge.size % TILE_WIDTH));
    const upTo = rows.at(-1)?.seq ?? size;
    const leaves = new Map(rows.map(({ seq, body }) => [seq, body]));
    while (edge.size < upTo) {
      const seq = edge.size + 1;
      const body = leaves.get(seq);
      const known = isKept(seq) ? await kept.at(seq) : undefined;
      edge.add(known ?? (body === undefined ? MISSING_LEAF : leafHash(body)));
      if (seq === checkpoint?.size) compare(edge, checkpoint.note);
      if (seq % TILE_WIDTH === 0) await keep(edge.takeChanged());
    }
    onProgress(edge.size / size);
  }
  await keep(edge.takeChanged());
  for (let [level, count] = [0, size]; ; [level, count] = [level + 1, Math.floor(count / TILE_WIDTH)]) {
    const beyond = queries.deleteFrom('tree_tile').where('place', '>=', Math.ceil(count / TILE_WIDTH));
    await beyond.where('level', count > 0 ? '=' : '>=', level).execute();
    if (count === 0) break;
  }

  async function keep(tiles: readonly Tile[]): Promise<void> {
    for (const { level, place, hashes } of tiles)
      await sql`INSERT INTO tree_tile (level, place, hashes) VALUES (${level}, ${place}, ${hashes})
        ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes`.execute(queries);
  }
}

function compare(edge: TreeEdge, note: string): void {
  if (same(edge.root(), openCheckpoint(note).root)) return;
  throw new Error(`the records up to ${edge.size} do not make the tree that was signed`);
}

/** Leaves of the tree as it was kept, a tile at a time: what is made overwrites it behind them. */
class KeptLeaves {
  #tile: Tile | undefined;

  constructor(private readonly source: TrailSource) {}

  async at(seq: number): Promise<Uint8Array | undefined> {
    const place = Math.floor((seq - 1) / TILE_WIDTH);
    if (this.#tile?.place !== place)
      this.#tile = (await this.source.tiles([{ level: 0, place }]))[0] ?? {
        ...{ level: 0, place, hashes: new Uint8Array() },
      };
    const at = (seq - 1) % TILE_WIDTH;
    const { hashes } = this.#tile;
    return hashes.length >= (at + 1) * HASH_BYTES ? hashAt(hashes, at) : undefined;
  }
}

import { AuditUnavailable } from './audit.engine.js';
import type { TrailSource } from './trail-source.js';
import { inclusionPath, leafHash, rootByInclusion } from './tree/merkle-tree.js';
import { subtreesIn } from './tree/tiles.js';

/**
 * The root that the kept tree leads to from a record; undefined: it is not whole.
 *
 * @param size of the tree
 * @throws AuditUnavailable where that cannot be found out now
 */
export async function rootFrom(
  source: TrailSource,
  { seq, body }: { readonly seq: number; readonly body: string },
  size: number,
): Promise<Uint8Array | undefined> {
  try {
    const path = await inclusionPath(
      seq - 1,
      size,
      subtreesIn((tiles) => source.tiles(tiles)),
    );
    return rootByInclusion(seq - 1, size, leafHash(body), path);
  } catch (error) {
    if (error instanceof AuditUnavailable) throw error;
    return undefined;
  }
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AuditAppend } from './audit.engine.js';
import { EmbeddedDatabase } from './embedded.database.js';
import { EMPTY_ROOT, leafHash } from './tree/merkle-tree.js';
import { TreeEdge } from './tree/tiles.js';

const AT = '2026-08-16T09:06:00.000Z';
let database: EmbeddedDatabase;
beforeEach(() => {
  database = new EmbeddedDatabase(':memory:');
});
afterEach(() => database.close());

let made = 0;
/** @param length of each text, about */
function refusals(count: number, length = 10): AuditAppend[] {
  return Array.from({ length: count }, () => {
    const detail = String((made += 1)).padStart(length, 'x');
    return {
      kind: 'refusal',
      at: Date.parse(AT),
      operationId: null,
      body: JSON.stringify({ kind: 'refusal', at: AT, detail }),
    };
  });
}

function rootOf(entries: readonly AuditAppend[]): Uint8Array {
  const edge = TreeEdge.empty();
  for (const { body } of entries) edge.add(leafHash(body));
  return edge.root();
}

/** Until the tree has everything. */
function grown(by: number) {
  for (let calls = 1; ; calls += 1) {
    const { size, root, fault } = database.grow(by);
    if (root) return { size, root: Buffer.from(root), fault, calls };
  }
}

describe('the tree of a database', () => {
  it('has what was written, however it was appended and grows', () => {
    expect(grown(10)).toMatchObject({ size: 0, root: EMPTY_ROOT });
    const all: AuditAppend[] = [];
    for (const [count, by] of [
      [1, 50],
      [7, 3],
      [500, 50],
      [2, 50],
      [256, 256],
    ] as const) {
      const entries = refusals(count);
      for (let from = 0; from < count; from += 9) database.append(entries.slice(from, from + 9));
      all.push(...entries);
      expect(grown(by)).toMatchObject({ size: all.length, root: rootOf(all), fault: undefined });
    }
  });

  it('is read from the database where more was written than is remembered', () => {
    const entries = refusals(12, 1_000_000);
    for (const entry of entries) database.append([entry]);
    expect(grown(50)).toMatchObject({ size: 12, root: rootOf(entries), fault: undefined });
    const more = refusals(3);
    database.append(more);
    expect(grown(50)).toMatchObject({ size: 15, root: rootOf([...entries, ...more]), fault: undefined });
  });

  it('has what was written also where somebody changes it before the tree comes to it', () => {
    const entries = refusals(3);
    database.append(entries);
    database.query("UPDATE audit_record SET body = replace(body, 'refusal', 'refused') WHERE seq = 2", []);
    expect(grown(50)).toMatchObject({ size: 3, root: rootOf(entries) });
  });
});

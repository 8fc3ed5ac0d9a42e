import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { PageMark } from '../hss/index.js';
import { readPage, type Source } from './readers.js';

/** A list of upstream's, and how many lines it gives at most. */
function over(list: readonly string[], most: number, shows: (line: string) => boolean): Source<string> {
  return {
    read: (offset, limit) =>
      Promise.resolve({
        rows: list.slice(offset, offset + Math.max(2, Math.min(limit, most))),
        total: list.length,
      }),
    nameOf: (line) => line,
    shows,
  };
}

const list = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 60, size: 'max' });
const limits = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

/** Reads to the end; before the page of each number, the list is changed. */
async function readAll(
  first: readonly string[],
  most: number,
  sizes: readonly number[],
  change: (list: readonly string[], page: number) => readonly string[] = (same) => same,
  shows: (line: string) => boolean = () => true,
) {
  const read: string[] = [];
  const pages: number[] = [];
  let moved = false;
  let current = first;
  let mark: PageMark | undefined;
  for (let page = 0; page < 1_000; page += 1) {
    current = change(current, page);
    const limit = sizes[page % sizes.length] ?? 1;
    const found = await readPage(over(current, most, shows), limit, mark);
    read.push(...found.rows);
    pages.push(found.rows.length - limit);
    moved ||= found.windowMoved;
    if (!found.next) return { read, moved, longest: Math.max(...pages) };
    mark = found.next;
  }
  throw new Error('a list had no end');
}

describe('paging through a list', () => {
  it('gives every line once and in order while nothing changes, whatever the pages', async () => {
    await fc.assert(
      fc.asyncProperty(list, fc.integer({ min: 2, max: 30 }), limits, async (lines, most, sizes) => {
        const { read, moved, longest } = await readAll(lines, most, sizes);
        expect({ read, moved }).toEqual({ read: lines, moved: false });
        expect(longest).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('leaves out what may not be seen, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(list, fc.integer({ min: 2, max: 30 }), limits, async (lines, most, sizes) => {
        const shows = (line: string) => line.length % 2 === 0;
        const { read } = await readAll(lines, most, sizes, undefined, shows);
        expect(read).toEqual(lines.filter(shows));
      }),
    );
  });

  it('skips nothing that stays when lines are removed meanwhile, and says that the list moved', async () => {
    const removals = fc.array(fc.tuple(fc.nat(5), fc.nat(59)), { maxLength: 20, size: 'max' });
    await fc.assert(
      fc.asyncProperty(list, limits, removals, async (lines, sizes, gone) => {
        const left = (current: readonly string[], page: number) =>
          current.filter((line) => !gone.some(([when, which]) => when === page && lines[which] === line));
        const { read, moved } = await readAll(lines, 10, sizes, left);
        const stays = lines.filter((_, place) => !gone.some(([, which]) => which === place));
        expect(stays.filter((line) => !read.includes(line))).toEqual([]);
        if (new Set(read).size < read.length) expect(moved).toBe(true);
      }),
    );
  });

  it('says of every page whether a line fell out since the one before, wherever it stood', async () => {
    const falls = fc.array(fc.array(fc.nat(59), { maxLength: 4 }), { maxLength: 10, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        list,
        fc.integer({ min: 2, max: 12 }),
        limits,
        falls,
        async (lines, most, sizes, gone) => {
          const seen = new Set<string>();
          let left = lines;
          let fell = false;
          let mark: PageMark | undefined;
          for (let page = 0; page === 0 || mark; page += 1) {
            const found = await readPage(
              over(left, most, () => true),
              sizes[page % sizes.length] ?? 1,
              mark,
            );
            expect(found.windowMoved).toBe(fell);
            for (const line of found.rows) seen.add(line);
            mark = found.next;
            const rest = left.filter((_, place) => !gone[page]?.includes(place));
            fell = rest.length < left.length;
            left = rest;
          }
          expect(left.filter((line) => !seen.has(line))).toEqual([]);
        },
      ),
    );
  });

  it('skips nothing when lines are added meanwhile, and says so of lines that come twice', async () => {
    const { read, moved } = await readAll(['c', 'd', 'e', 'f'], 10, [2], (lines, page) =>
      page === 1 ? ['a', ...lines] : lines,
    );
    expect({ read, moved }).toEqual({ read: ['c', 'd', 'd', 'e', 'f'], moved: true });
  });

  it('goes on until no row is left where upstream counts none, or too few', async () => {
    for (const total of [undefined, 1]) {
      const all = ['a', 'b', 'c'];
      const source: Source<string> = {
        ...over(all, 2, () => true),
        read: (offset) =>
          Promise.resolve({ rows: all.slice(offset, offset + 2), ...(total !== undefined && { total }) }),
      };
      expect(await readPage(source, 10)).toEqual({ rows: all, windowMoved: false });
    }
  });

  it('does not end, and does not go on, where the rows never reach the total', async () => {
    const lost = (rows: string[]): Source<string> => ({
      ...over([], 2, () => true),
      read: () => Promise.resolve({ rows, total: 100 }),
    });
    const mark = { offset: 2, seen: { last: 'b', total: 100 } };
    for (const [rows, at] of [
      [[], undefined],
      [[], mark],
      [['b'], mark],
    ] as const) {
      await expect(readPage(lost([...rows]), 2, at)).rejects.toMatchObject({ code: 'upstream_unreadable' });
    }
  });

  it('makes no more calls for a page than its budget, and goes on from there', async () => {
    const source = over(['a', 'b', 'c', 'd', 'e'], 2, (row) => row === 'e');
    const { rows, next } = await readPage(source, 1, undefined, { calls: 1 });
    expect({ rows, offset: next?.offset }).toEqual({ rows: [], offset: 2 });
  });
});

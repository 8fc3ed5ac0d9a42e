import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { FileSinkConfig } from '../config/config.js';
import { FileSink } from './file.sink.js';
import type { SinkItem } from './sink-source.js';

/** 40 bytes each, with its line break. */
const itemAt = (position: number): SinkItem => ({
  position,
  line: `{"sequence":${position},"record":"`.padEnd(37, 'x') + '"}',
});
const items = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => itemAt(first + i));

describe('a file that records are appended to', () => {
  let folder: string;
  let path: string;
  const opened: FileSink[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-sink-'));
    path = join(folder, 'trail.ndjson');
  });
  afterEach(async () => {
    for (const sink of opened.splice(0)) await sink.close();
    rmSync(folder, { recursive: true });
  });

  const open = (more: Partial<FileSinkConfig> = {}) => {
    const sink = new FileSink({
      ...{ kind: 'file', name: 'disk', format: 'ndjson', from: 'start', path },
      ...{ rotateBytes: 1_000_000, keep: 3, ...more },
    });
    opened.push(sink);
    return sink;
  };
  const sequencesIn = (name: string) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence);

  it('has a line for each, and is nobody else’s to read', async () => {
    const sink = open();
    expect(await sink.deliver(items(1, 3))).toBe(3);
    await sink.deliver(items(4, 4));
    expect(sequencesIn('trail.ndjson')).toEqual([1, 2, 3, 4]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is whole again, wherever a write to it was cut off', async () => {
    const whole = items(1, 3)
      .map(({ line }) => `${line}\n`)
      .join('');
    for (let bytes = 0; bytes <= whole.length; bytes += 1) {
      writeFileSync(path, whole.slice(0, bytes));
      await open().deliver(items(1, 4));
      const lines = readFileSync(path, 'utf8').split('\n');
      const before = Math.floor(bytes / 40);
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual([
        ...[1, 2, 3].slice(0, before),
        ...[1, 2, 3, 4],
      ]);
    }
  });

  it('is cut at the end of a line that is far from its end', async () => {
    writeFileSync(path, `${itemAt(1).line}\n{"sequence":2,"record":"${'x'.repeat(300_000)}`);
    await open().deliver(items(2, 2));
    expect(sequencesIn('trail.ndjson')).toEqual([1, 2]);
  });

  it('is followed by the next one when it is large enough, and some are kept', async () => {
    const sink = open({ rotateBytes: 80 });
    for (let position = 1; position <= 11; position += 1) await sink.deliver(items(position, position));
    expect(readdirSync(folder).sort()).toEqual(
      ['trail.ndjson', 'trail.ndjson.1', 'trail.ndjson.2', 'trail.ndjson.3'].sort(),
    );
    expect(['.3', '.2', '.1', ''].map((end) => sequencesIn(`trail.ndjson${end}`))).toEqual([
      [5, 6],
      [7, 8],
      [9, 10],
      [11],
    ]);
  });

  it('gives none up where a crash left a number out', async () => {
    const sink = open({ rotateBytes: 40 });
    for (let position = 1; position <= 4; position += 1) await sink.deliver(items(position, position));
    // As it is left when the process ends after it moved the second to the third.
    renameSync(`${path}.2`, `${path}.3`);
    await open({ rotateBytes: 40 }).deliver(items(5, 5));
    expect(['.3', '.2', '.1', ''].flatMap((end) => sequencesIn(`trail.ndjson${end}`))).toEqual([2, 3, 4, 5]);
  });

  it('is made anew where somebody moved it away', async () => {
    const sink = open();
    await sink.deliver(items(1, 1));
    renameSync(path, `${path}-moved`);
    await sink.deliver(items(2, 2));
    expect([sequencesIn('trail.ndjson-moved'), sequencesIn('trail.ndjson')]).toEqual([[1], [2]]);
  });

  it.each(['SQLite format 3\0 and more', '{"a":1}', 'half a line of somebody', '\n'])(
    'is left as it is where it holds something else: %j',
    async (text) => {
      writeFileSync(path, text);
      await expect(open().deliver(items(1, 1))).rejects.toMatchObject({
        reason: 'the file holds something else',
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('is waited for where it cannot be written, and continued without a gap', async () => {
    const sink = open();
    mkdirSync(path);
    await expect(sink.deliver(items(1, 1))).rejects.toMatchObject({ reason: 'EISDIR', delivered: 0 });
    rmSync(path, { recursive: true });
    await sink.deliver(items(1, 2));
    chmodSync(path, 0o600);
    appendFileSync(path, '{"sequence":3,"rec');
    await sink.close();
    await sink.deliver(items(3, 3));
    expect(sequencesIn('trail.ndjson')).toEqual([1, 2, 3]);
  });
});

import { once } from 'node:events';
import { PassThrough } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import { BodyReader, isTooSlow } from './request-bodies.js';

describe('a body on its way', () => {
  it.each<[string, number, number, boolean]>([
    ['has just begun', 0, 0, false],
    ['has not begun for a while', 0, 4_999, false],
    ['has not begun for too long', 0, 5_000, true],
    ['comes as slowly as it may', 5 * 1_024, 5_000, false],
    ['comes a byte too slowly', 5 * 1_024 - 1, 5_000, true],
    ['came fast and has stopped', 20 * 1_024, 20_001, true],
    ['comes fast, and has no end', 1e9, 59_999, false],
    ['comes fast, and its time is over', 1e9, 60_000, true],
  ])('that %s', (_, bytes, elapsedMs, tooSlow) => {
    expect(isTooSlow(bytes, elapsedMs, 60_000)).toBe(tooSlow);
  });

  it('is not too slow because more of it came', () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.nat(1e7), fc.nat(120_000), (bytes, more, elapsedMs) => {
        if (isTooSlow(bytes + more, elapsedMs, 60_000))
          expect(isTooSlow(bytes, elapsedMs, 60_000)).toBe(true);
      }),
    );
  });
});

/** What a reader makes of chunks that come one after the other. */
async function readingOf(
  chunks: readonly Buffer[],
  { mostBytes = 1_000_000, grow }: { mostBytes?: number; grow?: (bytes: number) => void } = {},
): Promise<{ error: unknown; body: Buffer; times: number }> {
  const reader = new BodyReader(600_000, mostBytes);
  const payload = new PassThrough();
  let found: { error: unknown; body: Buffer } | undefined;
  let times = 0;
  reader.read(payload, grow && { grow }, (error, body) => {
    times += 1;
    found ??= { error, body };
  });
  for (const chunk of chunks) payload.write(chunk);
  payload.end();
  await once(payload, 'close');
  reader.close();
  return { ...(found ?? { error: 'nothing was read', body: Buffer.alloc(0) }), times };
}

describe('a body', () => {
  const cut = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 60 });

  it('is read whole, and once, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cut, async (parts) => {
        const chunks = parts.map((part) => Buffer.from(part));
        const { error, body, times } = await readingOf(chunks);
        expect([error, times]).toEqual([undefined, 1]);
        expect(body.equals(Buffer.concat(chunks))).toBe(true);
      }),
    );
  });

  it('is refused where more comes of it than is read', async () => {
    await fc.assert(
      fc.asyncProperty(cut, fc.nat(600), async (parts, mostBytes) => {
        const size = parts.reduce((sum, { length }) => sum + length, 0);
        const { error, times } = await readingOf(
          parts.map((part) => Buffer.from(part)),
          { mostBytes },
        );
        expect(times).toBe(1);
        expect((error as Problem | undefined)?.code).toBe(size > mostBytes ? 'body_too_large' : undefined);
      }),
    );
  });

  it('is refused where there is no place for it, and nothing more of it is read', async () => {
    let taken = 0;
    const grow = (bytes: number): void => {
      if ((taken += bytes) > 20) throw refuse('overloaded');
    };
    const { error, body } = await readingOf(
      Array.from({ length: 9 }, () => Buffer.alloc(10)),
      { grow },
    );
    expect([(error as Problem).code, body.length, taken]).toEqual(['overloaded', 0, 30]);
  });

  it('is not waited for where it stops coming', async () => {
    const reader = new BodyReader(20, 1_000);
    const error = await new Promise((resolve) => reader.read(new PassThrough(), undefined, resolve));
    expect((error as Problem).code).toBe('request_timeout');
    reader.close();
  });

  it('is nobody’s any more where its sender is gone', async () => {
    const reader = new BodyReader(20, 1_000);
    const payload = new PassThrough();
    const read: unknown[] = [];
    reader.read(payload, undefined, (error) => read.push(error));
    payload.destroy();
    await once(payload, 'close');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(read).toEqual([]);
    reader.close();
  });
});

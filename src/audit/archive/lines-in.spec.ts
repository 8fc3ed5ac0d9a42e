import { describe, expect, it } from '@jest/globals';

import { linesIn } from './lines-in.js';

/** The text in chunks of so many bytes. */
async function read(text: string, size: number): Promise<{ lines: string[]; cuts: number }> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const lines: string[] = [];
  let cuts = 0;
  for await (const line of linesIn(chunks as unknown as AsyncIterable<Buffer>, () => (cuts += 1)))
    lines.push(line);
  return { lines, cuts };
}

describe('lines', () => {
  it('end with a line feed alone, wherever their bytes are parted', async () => {
    const lines = ['{"a":"one\u2028line\u2029or\u0085"}', '', 'a carriage return\r', 'ä€😀'];
    for (const size of [1, 2, 3, 7, 1_000]) {
      const text = lines.map((line) => `${line}\n`).join('');
      expect(await read(text, size)).toEqual({ lines, cuts: 0 });
      expect(await read(text.slice(0, -1), size)).toEqual({ lines, cuts: 1 });
    }
  });
});

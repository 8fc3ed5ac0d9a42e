import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';

const GZIP = Buffer.from([0x1f, 0x8b]);

/** Those of a file, which may be compressed. @throws Error where it cannot be read */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const head = createReadStream(file, { end: 1 });
  const [start = Buffer.alloc(0)] = (await head.toArray()) as Buffer[];
  const bytes = createReadStream(file);
  const input = start.equals(GZIP) ? bytes.pipe(createGunzip()) : bytes;
  bytes.on('error', (error) => input.destroy(error));
  // A line that is cut off is found as the end that is missing.
  yield* linesIn(input, () => undefined);
}

/**
 * Lines that all end with a line feed: texts in JSON may hold other line breaks as they are.
 *
 * @param onCut is called where the last one does not
 */
export async function* linesIn(chunks: AsyncIterable<Buffer>, onCut: () => void): AsyncGenerator<string> {
  const decoder = new StringDecoder();
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const [rest = '', ...others] = decoder.write(chunk).split('\n');
    begun.push(rest);
    for (const other of others) {
      yield begun.join('');
      begun = [other];
    }
  }
  const rest = begun.join('');
  if (rest === '') return;
  onCut();
  yield rest;
}

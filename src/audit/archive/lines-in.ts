import { StringDecoder } from 'node:string_decoder';

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

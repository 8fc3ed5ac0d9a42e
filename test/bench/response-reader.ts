/** One complete answer. */
export interface Answer {
  readonly status: number;
  /** Its beginning, for a message. */
  body(): string;
}

/**
 * Finds the end of one HTTP/1.1 answer at a time. It knows only what a closed loop needs: no pipelining, an answer has
 * a length or is chunked.
 */
export class ResponseReader {
  #held: Buffer | undefined;

  /** The answer once it is complete. Throws for what it cannot read. */
  push(chunk: Buffer): Answer | undefined {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = bytes;
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const head = bytes.toString('latin1', 0, headEnd);
    if (!isComplete(head, bytes, headEnd + 4)) return undefined;
    this.#held = undefined;
    return {
      status: Number(head.slice(9, 12)),
      body: () => bytes.toString('utf8', headEnd + 4, headEnd + 1_004).trim(),
    };
  }
}

function isComplete(head: string, bytes: Buffer, bodyStart: number): boolean {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length !== null) return bytes.length >= bodyStart + Number(length[1]);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error('an answer without a length');
  const end = bytes.toString('latin1', Math.max(bodyStart - 2, bytes.length - 7));
  return end === '\r\n0\r\n\r\n';
}

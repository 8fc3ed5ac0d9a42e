import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../exchange.js';

/** How an answer travels, well or badly. */

/** Ends a connection with a TCP reset, which a client sees as ECONNRESET. */
export function resetConnection(socket: Socket): void {
  socket.resetAndDestroy();
}

function head(answer: Answer, more: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...answer.headers, ...more, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`, ...lines, '', ''].join('\r\n');
}

function whole(answer: Answer): Buffer {
  return Buffer.from(
    head(answer, { 'Content-Length': String(Buffer.byteLength(answer.body)) }) + answer.body,
  );
}

export function truncate(socket: Socket, answer: Answer): void {
  const bytes = whole(answer);
  const missing = Math.ceil(Buffer.byteLength(answer.body) / 2);
  socket.end(bytes.subarray(0, bytes.length - missing));
}

export async function inSlices(
  socket: Socket,
  answer: Answer,
  { sliceBytes, everyMs }: { sliceBytes: number; everyMs: number },
  signal: AbortSignal,
): Promise<void> {
  const bytes = whole(answer);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += sliceBytes) {
    socket.write(bytes.subarray(at, at + sliceBytes));
    await sleep(everyMs, undefined, { signal });
  }
  socket.end();
}

export async function closeLate(
  socket: Socket,
  answer: Answer,
  { closeAfterMs }: { closeAfterMs: number },
  signal: AbortSignal,
): Promise<void> {
  socket.write(head(answer, {}) + answer.body);
  await sleep(closeAfterMs, undefined, { signal });
  socket.end();
}

const ENDLESS_SLICE = 'x'.repeat(16_384);

export async function endless(socket: Socket, answer: Answer, _: object, signal: AbortSignal): Promise<void> {
  socket.write(`${head(answer, { 'Content-Type': 'application/json' })}{"padding":"`);
  while (!socket.destroyed) {
    socket.write(ENDLESS_SLICE);
    // A pause rather than a drain event: a reader that stops reading must not fill the memory.
    do await sleep(1, undefined, { signal });
    while (!socket.destroyed && socket.writableLength > 0);
  }
}

export function sendNormally(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': body.length }).end(body);
}

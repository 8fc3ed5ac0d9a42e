import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

/** What Node keeps to itself of a response: whether it is closed, as streams are asked it. */
interface Closing {
  destroyed: boolean;
  _closed: boolean;
}

/**
 * Closes responses with their connection, those too that still wait for their turn on it.
 *
 * Of several requests on one connection Node gives it only to the response whose turn it is, and when the connection goes the
 * others hear nothing of it: what is made for them, a file that is read or news that are followed, would be held for good.
 */
export function closePipelined({ server }: FastifyInstance): void {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    // It has its turn: Node sees to it.
    if (response.socket) return;
    let responses = waiting.get(socket);
    if (!responses) {
      const all = new Set<ServerResponse>();
      responses = all;
      waiting.set(socket, all);
      socket.once('close', () => all.forEach(close));
    }
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
}

/** As Node closes the one whose turn it is. */
function close(response: ServerResponse): void {
  if (response.socket) return;
  const closing = response as unknown as Closing;
  closing.destroyed = true;
  closing._closed = true;
  response.emit('close');
}

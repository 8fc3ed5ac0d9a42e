import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import { refuse } from '../problems/catalogue.js';

/** So many requests may wait on one connection for the one before them to be answered. Node reads a thousand in one piece. */
const MAX_WAITING = 8;

/** What Node keeps to itself of a response: whether it is closed, as streams are asked it. */
interface Closing {
  destroyed: boolean;
  _closed: boolean;
}

/**
 * Bounds the requests that a client sends over one connection without waiting for answers, and closes their responses with the
 * connection.
 *
 * Node gives a connection only to the response whose turn it is, and when it goes the others hear nothing of it: what is made for
 * them, a file that is read or news that are followed, would be held for good.
 */
export function boundPipelined(fastify: FastifyInstance): void {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>();
  const beyond = new WeakSet<IncomingMessage>();
  fastify.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // It has its turn: Node sees to it.
    if (response.socket) return;
    const { socket } = request;
    let responses = waiting.get(socket);
    if (!responses) {
      const all = new Set<ServerResponse>();
      responses = all;
      waiting.set(socket, all);
      socket.once('close', () => all.forEach(close));
    }
    if (responses.size >= MAX_WAITING) beyond.add(request);
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    done(beyond.has(request.raw) ? refuse('overloaded') : undefined);
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

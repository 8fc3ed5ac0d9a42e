import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

/** How long a client may take none of an answer. */
const LONGEST_MS = 20_000;
const LOOK_EVERY_MS = 5_000;

/** What Node keeps to itself: how much of a write the system has still to take. */
interface Handled {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** Closes connections on which answers wait that nobody reads: Node holds them for as long as the connection stays open. */
export function closeUnread({ server }: FastifyInstance): void {
  const open = new Map<Socket, { left: string; since: number }>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, { left: '', since: 0 });
    socket.once('close', () => open.delete(socket));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [socket, seen] of open) {
      const left = leftOf(socket);
      if (left === '' || left !== seen.left) open.set(socket, { left, since: now });
      else if (now - seen.since >= LONGEST_MS) socket.destroy();
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** What the system has not taken yet, as far as it differs when it takes more; empty: nothing. */
function leftOf(socket: Socket): string {
  if (socket.writableLength === 0) return '';
  const { _handle: handle } = socket as unknown as Handled;
  return `${socket.bytesWritten} ${socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const LOOK_EVERY_MS = 5_000;
/** After so many looks at which nothing more had been taken of an answer, nobody is thought to read it. */
const MAX_LOOKS = 4;

/** What Node keeps to itself: how much of a write the system has still to take. */
interface Handled {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/**
 * Closes connections on which answers wait that nobody reads: Node holds them for as long as the connection stays open. Looks are
 * counted, not time: where this process was held up, nobody had the time to read.
 *
 * @param server one that does not listen yet
 */
export function closeUnread(server: Server, lookEveryMs = LOOK_EVERY_MS): void {
  const open = new Map<Socket, { left: string; looks: number }>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, { left: '', looks: 0 });
    socket.once('close', () => open.delete(socket));
  });
  const timer = setInterval(() => {
    for (const [socket, seen] of open) {
      const left = leftOf(socket);
      if (left === '' || left !== seen.left) open.set(socket, { left, looks: 0 });
      else if ((seen.looks += 1) >= MAX_LOOKS) socket.destroy();
    }
  }, lookEveryMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** How far the system has taken what was written, whatever was added since; empty: all of it. */
function leftOf(socket: Socket): string {
  if (socket.writableLength === 0) return '';
  const { _handle: handle } = socket as unknown as Handled;
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}

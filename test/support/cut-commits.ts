import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** How the message that asks for a commit ends, and the one that answers it. */
const COMMIT = Buffer.from('COMMIT\0');

/** Stands between a gateway and its database, and breaks a connection where it matters most. */
export interface CommitCutter {
  /** The same database, by way of this. */
  readonly url: string;
  /** Breaks the connection of the next commit: before it arrives, or when it is done and about to be answered. */
  cutNext(when: 'before' | 'after'): void;
  close(): Promise<void>;
}

export async function startCommitCutter(databaseUrl: string): Promise<CommitCutter> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cut: 'before' | 'after' | undefined;
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    let lastAnswer = false;
    const end = () => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (sent) => {
      const when = sent.includes(COMMIT) ? cut : undefined;
      if (when !== undefined) cut = undefined;
      if (when === 'before') return end();
      lastAnswer = when === 'after';
      database.write(sent);
    });
    // What was sent before the commit may be answered before it.
    database.on('data', (answer) => (lastAnswer && answer.includes(COMMIT) ? end() : client.write(answer)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutNext: (when) => (cut = when),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

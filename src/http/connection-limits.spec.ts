import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import { closeUnreadConnections } from './connection-limits.js';

/** A server whose answer is more than the system keeps for a client that does not read, and then goes on a little at a time. */
async function serving() {
  const server = createServer();
  closeUnreadConnections(server, 50);
  const answered = once(server, 'request').then(([, response]) => {
    const answer = response as ServerResponse;
    answer.write(Buffer.alloc(32_000_000));
    const more = setInterval(() => answer.write('more'), 10);
    answer.once('close', () => clearInterval(more));
    return answer;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return { server, client, answer: await answered };
}

describe('a client that does not read its answer', () => {
  it('is hung up on, though more is written for it all the time', async () => {
    const { server, client, answer } = await serving();
    client.pause();
    await once(answer, 'close');
    expect(answer.writableFinished).toBe(false);
    client.destroy();
    server.close();
  });
});

describe('a client that reads its answer', () => {
  it('is left alone for as long as there is more', async () => {
    const { server, client, answer } = await serving();
    let read = 0;
    client.on('data', (chunk: Buffer) => (read += chunk.length));
    // Far more looks than one that does not read is given.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([answer.destroyed, client.destroyed]).toEqual([false, false]);
    expect(read).toBeGreaterThan(0);
    client.destroy();
    server.close();
  });
});

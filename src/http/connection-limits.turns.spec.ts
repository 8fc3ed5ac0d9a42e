import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RequestTurns } from './connection-limits.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

interface Begun {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

describe('requests under way', () => {
  let server: Server;
  let turns: RequestTurns;
  let begun: Begun[];

  beforeEach(async () => {
    begun = [];
    server = createServer((request, response) => void begun.push({ request, response }));
    turns = new RequestTurns(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Resolves when its first request has begun. */
  async function sending(requests: number): Promise<Socket> {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined).resume();
    client.write(REQUEST.repeat(requests));
    await once(server, 'request');
    return client;
  }

  it('are one for each connection that sends, however many it sends', async () => {
    await sending(1);
    await sending(5);
    expect([begun.length, turns.underWay]).toEqual([2, 2]);
  });

  it('are not any more once their answer is made, and are not counted off twice', async () => {
    await sending(1);
    await sending(1);
    const [first] = begun as [Begun];
    turns.leave(first.request);
    expect(turns.underWay).toBe(1);
    const closed = once(first.response, 'close');
    first.response.end();
    await closed;
    expect(turns.underWay).toBe(1);
  });

  it('are not any more when their connection is cut, nor do those begin that waited on it', async () => {
    const client = await sending(3);
    const [first] = begun as [Begun];
    const closed = once(first.response, 'close');
    client.destroy();
    await closed;
    // The turn in which the next one would begin.
    await new Promise(setImmediate);
    expect([begun.length, turns.underWay]).toEqual([1, 0]);
  });

  it('are followed by the next of their connection when they are answered', async () => {
    const client = await sending(3);
    for (const count of [1, 2, 3]) {
      expect([begun.length, turns.underWay]).toEqual([count, 1]);
      const { response } = begun.at(-1)!;
      const closed = once(response, 'close');
      response.end();
      await closed;
      await new Promise(setImmediate);
    }
    expect(turns.underWay).toBe(0);
    client.write(REQUEST);
    await once(server, 'request');
    expect([begun.length, turns.underWay]).toEqual([4, 1]);
  });
});

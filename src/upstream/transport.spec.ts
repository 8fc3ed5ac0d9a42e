import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createDoor, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually, FakeClock } from './authentication/authentication.fixture.js';
import { HttpTransport, type Exchange } from './transport.js';

/** Well within which no connection is replaced, and after which all are. */
const SOON_MS = 60_000;
const LONG_MS = 120_000;

let clock: FakeClock;
let transport: HttpTransport;
const doors: Server[] = [];
const open = new Set<Socket>();
beforeEach(() => {
  clock = new FakeClock();
  transport = new HttpTransport(4, clock);
});
afterEach(async () => {
  await transport.close();
  for (const door of doors.splice(0)) door.close();
  for (const socket of open) socket.destroy();
  open.clear();
});

/** A server whose door can be shut while its connections stay open, and the connections that it has seen. */
async function serve(listener: RequestListener, port = 0) {
  const server = createServer(listener);
  const sockets: Socket[] = [];
  const door = createDoor((socket) => {
    sockets.push(socket);
    open.add(socket);
    server.emit('connection', socket);
  });
  doors.push(door);
  await once(door.listen(port, '127.0.0.1'), 'listening');
  const address = (door.address() as AddressInfo).port;
  return { door, sockets, port: address, origin: `http://127.0.0.1:${address}` };
}

const ask = (origin: string, body?: string): Promise<Exchange> =>
  transport.exchange({
    ...{ origin, method: body === undefined ? 'GET' : 'POST', target: '/', headers: {} },
    ...{ timeoutMs: 30_000, maxAnswerBytes: 1_000 },
    ...(body !== undefined && { body }),
  });
const answerOf = (exchange: Exchange) => (exchange.reached === 'answered' ? exchange.body : exchange.cause);

describe('a connection that is busy all the time', () => {
  beforeEach(() => {
    transport = new HttpTransport(1, clock);
  });

  it('is kept, and replaced after some minutes', async () => {
    const { sockets, origin } = await serve((_, response) => response.end('ok'));
    for (let count = 0; count < 10; count += 1) expect(answerOf(await ask(origin))).toBe('ok');
    await clock.advance(SOON_MS);
    await ask(origin);
    expect(sockets).toHaveLength(1);
    for (let round = 1; round <= 5; round += 1) {
      await clock.advance(LONG_MS);
      for (let count = 0; count < 5; count += 1) expect(answerOf(await ask(origin))).toBe('ok');
      expect(sockets).toHaveLength(1 + round);
    }
  });

  it('does not hold on to a server that its name left', async () => {
    const old = await serve((_, response) => response.end('old'));
    expect(answerOf(await ask(old.origin))).toBe('old');
    old.door.close();
    await serve((_, response) => response.end('new'), old.port);
    // It would be so for as long as it is busy.
    expect(answerOf(await ask(old.origin))).toBe('old');
    await clock.advance(LONG_MS);
    expect(answerOf(await ask(old.origin))).toBe('new');
  });

  it('is closed once nothing is under way on it', async () => {
    const { sockets, origin } = await serve((_, response) => response.end('ok'));
    await ask(origin);
    const [first] = sockets;
    const closed = first && once(first, 'close');
    await clock.advance(LONG_MS);
    await ask(origin);
    await closed;
    expect(first?.destroyed).toBe(true);
  });
});

describe('exchanges under way while connections are replaced', () => {
  it('are answered, and so are those that wait for a connection', async () => {
    const held: (() => void)[] = [];
    const bodies: string[] = [];
    const { sockets, origin } = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(body);
        held.push(() => response.end(body));
      });
    });
    const release = async (count: number) => {
      for (let done = 0; done < count; done += 1) {
        await eventually(() => held.length > 0);
        held.shift()?.();
      }
    };
    const first = Array.from({ length: 20 }, (_, index) => ask(origin, `a${index}`));
    await eventually(() => held.length >= 4);
    await clock.advance(LONG_MS);
    const second = Array.from({ length: 20 }, (_, index) => ask(origin, `b${index}`));
    await eventually(() => held.length >= 8);
    await release(40);
    const answers = (await Promise.all([...first, ...second])).map(answerOf);
    const expected = ['a', 'b'].flatMap((name) =>
      Array.from({ length: 20 }, (_, index) => `${name}${index}`),
    );
    expect(answers).toEqual(expected);
    // Each was sent once.
    expect([...bodies].sort()).toEqual([...expected].sort());
    expect(sockets).toHaveLength(8);
  });

  it('end without an answer when the transport is closed, on old connections and on new ones', async () => {
    let arrived = 0;
    const { origin } = await serve(() => (arrived += 1));
    const old = ask(origin, 'old');
    await eventually(() => arrived >= 1);
    await clock.advance(LONG_MS);
    const fresh = ask(origin, 'fresh');
    await eventually(() => arrived >= 2);
    await transport.close();
    expect(await Promise.all([old, fresh])).toMatchObject([{ reached: 'sent' }, { reached: 'sent' }]);
  });
});

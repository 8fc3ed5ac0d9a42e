import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import { openPool, placeOf, reasonOf } from './postgres.connection.js';

const PASSWORD = 'planted%2Fpassword';
/** What a client asks first when it wants TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A server that has no TLS; answers all that it was sent. */
async function withoutTls(query: string): Promise<{ problem: string; received: Buffer; place: string }> {
  const received: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received.push(data);
      socket.write('N');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const pool = openPool(`postgres://user:${PASSWORD}@127.0.0.1:${port}/db${query}`, 1, () => undefined);
  const problem = await pool.query('SELECT 1').then(
    () => 'answered',
    (error: unknown) => reasonOf(error),
  );
  const place = placeOf(pool);
  await pool.end();
  server.close();
  return { problem, received: Buffer.concat(received), place };
}

describe('a connection to PostgreSQL', () => {
  it.each(['require', 'verify-ca', 'verify-full', 'no-verify'])(
    'that must be encrypted (%s) is not made without, and nothing is said on it',
    async (mode) => {
      const { problem, received } = await withoutTls(`?application_name=x&sslmode=${mode}`);
      expect(problem).toContain('does not support SSL');
      expect(received).toEqual(SSL_REQUEST);
    },
  );

  it('is described without who asks and by which password', async () => {
    const { place, problem } = await withoutTls('?sslmode=verify-full');
    expect(place).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(problem).not.toContain('planted');
  });
});

describe('the reason of a failure', () => {
  it('is said also where it stands in a part of the error', () => {
    expect(reasonOf(new AggregateError([new Error('refused by ::1'), new Error('refused')]))).toBe(
      'refused by ::1',
    );
    expect(reasonOf(Object.assign(new Error(''), { code: 'ECONNRESET' }))).toBe('ECONNRESET');
  });
});

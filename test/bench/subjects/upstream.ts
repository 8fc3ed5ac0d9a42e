import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PROJECT_ID, REGION, UPSTREAM_TOKEN } from '../subjects.js';

/**
 * The tiny upstream: issues one token, accepts every operation that carries it. It reads bodies without looking into them,
 * because what it spends is taken from the core that the load runs on, and remembers the last one, so that the
 * harness can make sure that every subject really forwards what it was given.
 */
let operations = 0;
let last: { url: string; region: string | undefined; chunks: Buffer[] } | undefined;

function operate(request: IncomingMessage, response: ServerResponse, chunks: Buffer[]): void {
  if (request.headers['x-auth-token'] !== UPSTREAM_TOKEN) {
    response.writeHead(401, { 'Content-Type': 'application/json' });
    response.end('{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}');
    return;
  }
  operations++;
  last = { url: request.url!, region: request.headers['region'] as string | undefined, chunks };
  response.writeHead(200, { 'Content-Length': '0', 'X-Request-Id': `bench-${operations}` });
  response.end();
}

function issueToken(response: ServerResponse): void {
  const domain = { id: 'd78cbac186b744899480f25bd022f468', name: 'bench-account' };
  const inMicroseconds = (time: number) => new Date(time).toISOString().replace('Z', '000Z');
  const token = {
    methods: ['password'],
    issued_at: inMicroseconds(Date.now()),
    expires_at: inMicroseconds(Date.now() + 86_400_000),
    user: { domain, id: '7116d09f88fa41908676fdd4b039e95b', name: 'bench', password_expires_at: '' },
    project: { domain, id: PROJECT_ID, name: REGION },
    roles: [{ id: '0', name: 'te_admin' }],
    catalog: [],
  };
  response.writeHead(201, { 'Content-Type': 'application/json', 'X-Subject-Token': UPSTREAM_TOKEN });
  response.end(JSON.stringify({ token }));
}

/** For the harness only, outside the measured windows. */
function tellState(response: ServerResponse): void {
  const lastOperation = last && { ...last, chunks: undefined, body: Buffer.concat(last.chunks).toString() };
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ operations, last: lastOperation }));
}

const OPERATE = /^\/v5\/[^/]+\/event\/operate(\?|$)/;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const url = request.url!;
    if (request.method === 'POST' && OPERATE.test(url)) operate(request, response, chunks);
    else if (request.method === 'POST' && url.startsWith('/v3/auth/tokens')) issueToken(response);
    else if (url === '/bench/state') tellState(response);
    else response.writeHead(404).end();
  });
});
// Longer than a subject waits for its next turn, as a cloud's API gateway does it: nobody has to reconnect in a window.
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env['PORT']), '127.0.0.1');

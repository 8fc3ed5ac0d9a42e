import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PROJECT_ID, REGION, UPSTREAM_TOKEN } from '../cloud.js';

/**
 * The tiny upstream: issues one token, accepts every operation that carries it, lists the same alarms to everybody. It reads bodies without looking into them,
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

/** As many as upstream gives at once; each as upstream lists an alarm that waits to be handled. */
const ROWS = Array.from({ length: 200 }, (_, index) =>
  JSON.stringify({
    event_id: `5bd1e995-7ed5-4c1e-8a3f-${String(index).padStart(12, '0')}`,
    event_class_id: 'rootkit_0001',
    event_type: 1010,
    event_name: 'Rootkit',
    severity: 'High',
    host_name: `web-${index}`,
    host_id: '71a15ecc-049f-4cca-bd28-5e90aca1817f',
    private_ip: '10.20.1.15',
    public_ip: '203.0.113.7',
    os_type: 'Linux',
    host_status: 'ACTIVE',
    agent_status: 'online',
    protect_status: 'opened',
    asset_value: 'important',
    attack_phase: 'exploit',
    attack_tag: 'attack_success',
    occur_time: 1_795_000_000_000 - index * 60_000,
    handle_status: 'unhandled',
    operate_accept_list: ['mark_as_handled', 'ignore', 'add_to_alarm_whitelist', 'isolate_and_kill'],
    operate_detail_list: [
      {
        agent_id: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
        process_pid: 20_000 + index,
        file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
        file_path: '/usr/lib64/libhide.so.1',
        file_attr: '33261',
        keyword: 'file_path=/usr/lib64/libhide.so.1',
        hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
        private_ip: '10.20.1.15',
      },
    ],
    description: 'A shared library that hides processes was found.',
    event_details: 'file_path:/usr/lib64/libhide.so.1,user:root',
    tag_list: ['hot'],
    event_count: 1,
  }),
);

function list(url: string, response: ServerResponse): void {
  const query = new URL(url, 'http://upstream').searchParams;
  const offset = Number(query.get('offset'));
  const rows = ROWS.slice(offset, offset + Number(query.get('limit')));
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(`{"total_num":${ROWS.length},"data_list":[${rows.join(',')}]}`);
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

const LIST = /^\/v5\/[^/]+\/event\/events\?/;
const OPERATE = /^\/v5\/[^/]+\/event\/operate(\?|$)/;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const url = request.url!;
    if (request.method === 'POST' && OPERATE.test(url)) operate(request, response, chunks);
    else if (request.method === 'POST' && url.startsWith('/v3/auth/tokens')) issueToken(response);
    else if (request.method === 'GET' && LIST.test(url)) list(url, response);
    else if (url === '/bench/state') tellState(response);
    else response.writeHead(404).end();
  });
});
// Longer than a subject waits for its next turn, as a cloud's API gateway does it: nobody has to reconnect in a window.
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env['PORT']), '127.0.0.1');

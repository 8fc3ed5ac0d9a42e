import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import Database from 'better-sqlite3';
import { Pool } from 'undici';
import { PROJECT_ID, REGION, UPSTREAM_TOKEN } from '../cloud.js';

/**
 * What any Node program pays that keeps the core promises: it checks a key, reads and writes JSON, makes intent and outcome
 * durable and chained, and asks upstream once. No framework, no rules, no log, one project. Records that wait share a commit.
 */
interface Asked {
  readonly operation: string;
  readonly remark: string;
  readonly alarms: readonly {
    readonly eventId: string;
    readonly eventClassId: string;
    readonly eventType: number;
    readonly occurTime: number;
    readonly details: readonly Record<string, string | number>[];
  }[];
}

const { UPSTREAM = '', FILE = '', KEY_SHA256 = '', PORT = '' } = process.env;
const PATH = `/v5/${PROJECT_ID}/event/operate?enterprise_project_id=0`;
const HEADERS = { 'Content-Type': 'application/json', 'X-Auth-Token': UPSTREAM_TOKEN, region: REGION };

const database = new Database(FILE);
database.pragma('page_size = 8192');
database.pragma('journal_mode = WAL');
database.pragma('wal_autocheckpoint = 2048');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL)');
const insert = database.prepare('INSERT INTO record (body, hash) VALUES (?, ?)');

let waiting: { readonly body: string; readonly written: () => void }[] = [];
let end = Buffer.alloc(32);
const write = database.transaction((bodies: readonly { readonly body: string }[]) => {
  for (const { body } of bodies) {
    end = createHash('sha256').update(end).update(body).digest();
    insert.run(body, end);
  }
});

function record(body: string): Promise<void> {
  return new Promise((written) => {
    if (waiting.push({ body, written }) > 1) return;
    setImmediate(() => {
      const batch = waiting;
      waiting = [];
      write(batch);
      for (const one of batch) one.written();
    });
  });
}

const upstream = new Pool(UPSTREAM, { connections: 64 });

async function operate(text: string): Promise<string> {
  const { operation, remark, alarms } = JSON.parse(text) as Asked;
  const sent = JSON.stringify({
    operate_type: operation,
    handler: remark,
    operate_event_list: alarms.map(({ eventId, eventClassId, eventType, occurTime, details }) => ({
      event_class_id: eventClassId,
      event_id: eventId,
      event_type: eventType,
      occur_time: occurTime,
      operate_detail_list: details.map((detail) => ({
        agent_id: detail['agentId'],
        process_pid: detail['processPid'],
        file_hash: detail['fileHash'],
        file_path: detail['filePath'],
        file_attr: detail['fileAttr'],
        keyword: detail['keyword'],
        hash: detail['hash'],
        private_ip: detail['privateIp'],
      })),
    })),
  });
  const id = crypto.randomUUID();
  await record(`{"kind":"intent","id":"${id}","at":${Date.now()},"request":${sent}}`);
  const answer = await upstream.request({ method: 'POST', path: PATH, headers: HEADERS, body: sent });
  await answer.body.text();
  const outcome = answer.statusCode === 200 ? 'applied' : 'unknown';
  await record(`{"kind":"outcome","id":"${id}","at":${Date.now()},"outcome":"${outcome}"}`);
  return JSON.stringify({ id, outcome, alarms: alarms.map(({ eventId }) => ({ eventId, outcome })) });
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

const server = createServer((request, response) => {
  const key = request.headers.authorization?.slice('Bearer '.length) ?? '';
  if (createHash('sha256').update(key).digest('hex') !== KEY_SHA256) return answer(response, 401, '{}');
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    operate(Buffer.concat(chunks).toString()).then(
      (body) => answer(response, 200, body),
      (error: unknown) => answer(response, 500, JSON.stringify({ error: String(error) })),
    );
  });
});
server.listen(Number(PORT), '127.0.0.1');

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';

import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load-config.js';
import { DEMO_ALARM, DEMO_KEY, DEMO_REQUEST, startDemo } from './demo-mode.js';
import { SimulatorClient, type ShownRequest } from '../simulator/client.js';
import { startGateway, type Gateway } from '../start.js';

/** A tour in one process: an alarm is handled, a mistake is refused, and everything that was written down is shown. */

/** Three mistakes: a made-up operation type, a misspelt field, a time that is none. */
const MISTAKEN_REQUEST = {
  operation: 'mark_as_unhandled',
  remarks: 'test',
  alarms: [{ ...DEMO_ALARM, occurTime: 'yesterday' }],
};

/** Headers of a request to the cloud that the gateway set, in the order of interest; the token itself is never printed. */
const SHOWN_HEADERS = ['region', 'content-type', 'x-request-id', 'x-auth-token'];

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function title(text: string): void {
  print('', text, '-'.repeat(text.length));
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/^/gm, '  ');
}

function configIn(folder: string): Config {
  const environment = {
    GATEWAY_DEMO: '1',
    GATEWAY_DOCS: '0',
    // One caller, who is to be served on a slow machine too.
    GATEWAY_MAX_EVENT_LOOP_DELAY_MS: '0',
    GATEWAY_DATABASE_URL: `file:${join(folder, 'gateway.db')}`,
    LOG_LEVEL: 'warn',
    PORT: '0',
  };
  const noFiles = (): never => {
    throw new Error('the demo reads no file');
  };
  return loadConfig({ environment, readFile: noFiles });
}

/** Calls the gateway as an internal app does; answers the document, and fails when the status is not the expected one. */
async function call(method: string, url: string, status: number, body?: unknown): Promise<string> {
  print('', `  ${method} ${url}`, '  Authorization: Bearer <key>');
  if (body !== undefined) print(json(body));
  const answer = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${DEMO_KEY}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const document = await answer.text();
  print('', `  HTTP ${answer.status} ${answer.headers.get('content-type') ?? ''}`);
  if (answer.status !== status) throw new Error(`expected HTTP ${status}, got: ${document}`);
  return document;
}

function showReceived({ method, url, headers, bodyText }: ShownRequest): void {
  const given = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const token = given.get('x-auth-token');
  if (token !== undefined) given.set('x-auth-token', `(an IAM token of ${token.length} characters)`);
  const shown = SHOWN_HEADERS.filter((name) => given.has(name));
  print('', `  ${method} ${url}`, ...shown.map((name) => `  ${name}: ${given.get(name)}`));
  if (bodyText === '') return;
  // A login's body is the account's password.
  print(url.startsWith('/v3/auth/') ? '  (user name and password)' : json(JSON.parse(bodyText)));
}

/** Of a page of the trail, newest first: in the order in which they were written. */
function showRecords(page: string): void {
  const { items } = JSON.parse(page) as { items: { sequence: number; hash: string; record: unknown }[] };
  for (const { sequence, hash, record } of items.reverse())
    print('', `  record ${sequence}, hash ${hash}`, json(record));
}

/** @param proof as it is answered */
function showProof(proof: string): void {
  const { records, checkpoint } = JSON.parse(proof) as {
    records: { sequence: number; path: string[] }[];
    checkpoint: string;
  };
  const [origin, size, root] = checkpoint.split('\n');
  print(`  signed by ${origin}: ${size} records, root ${root}`);
  for (const { sequence, path } of records)
    print(`  record ${sequence} is one of them, by ${path.length} other hashes`);
}

async function tour(gateway: Gateway, cloud: SimulatorClient): Promise<void> {
  const operations = `${gateway.url}/v1/operations`;
  title('1. An internal app handles an alarm by its id, and gets a receipt');
  const receipt = await call('POST', operations, 200, DEMO_REQUEST);
  print(json(JSON.parse(receipt)));

  title(
    "2. What the cloud received: a login; a look at the alarm; all that it wants to know, as its own page's example has it",
  );
  (await cloud.requests()).forEach(showReceived);

  title('3. The receipt is kept');
  const { id } = JSON.parse(receipt) as { id: string };
  if ((await call('GET', `${operations}/${id}`, 200)) !== receipt)
    throw new Error('another receipt came back');
  print('  (the same receipt, byte for byte)');

  title(
    '4. The audit trail: the intent, on the disk before the first byte left; the outcome, before the answer',
  );
  showRecords(await call('GET', `${gateway.url}/v1/audit/records?operationId=${id}`, 200));

  title('5. The same, for somebody who has the public key alone and believes nobody (docs/audit.md)');
  showProof(await call('GET', `${operations}/${id}/proof`, 200));

  title('6. A request with mistakes: all of them are named at once, and the cloud hears nothing of it');
  await cloud.control('DELETE', 'requests');
  print(json(JSON.parse(await call('POST', operations, 400, MISTAKEN_REQUEST))));
  print('', `  Requests that the cloud received: ${(await cloud.requests()).length}`);
}

// The reader may close the pipe early, as `head` does; the tour then continues without output and cleans up.
process.stdout.on('error', () => undefined);

const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-demo-'));
try {
  const { config, simulator } = await startDemo(configIn(folder));
  try {
    const gateway = await startGateway(config);
    print('A gateway and a simulated cloud run in this process; nothing real is touched.');
    await tour(gateway, new SimulatorClient(simulator)).finally(() => gateway.close());
  } finally {
    await simulator.close();
  }
  print('', 'Done. Start the same with Swagger UI, and keep it running: npm start');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

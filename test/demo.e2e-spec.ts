import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { DEMO_KEY } from '../src/cli/demo-mode.js';
import { FIRST_PASSWORD } from '../src/simulator/account.js';

const DEMO = fileURLToPath(new URL('../src/cli/demo.js', import.meta.url));

/** The example of upstream's page on handling alarm events, as it stands there. */
const EXAMPLE = `{
"operate_type" : "mark_as_handled",
"handler" : "test",
"operate_event_list" : [ {
"event_class_id" : "rootkit_0001",
"event_id" : "2a71e1e2-60f4-4d56-b314-2038fdc39de6",
"occur_time" : 1672046760353,
"event_type" : 1010,
"operate_detail_list" : [ {
"agent_id" : "c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8",
"file_hash" : "e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d",
"file_path" : "/usr/test",
"process_pid" : 3123,
"file_attr" : 33261,
"keyword" : "file_path=/usr/test",
"hash" : "e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d",
"login_ip" : "127.0.0.1",
"private_ip" : "127.0.0.2",
"login_user_name" : "root",
"container_id" : "containerid",
"container_name" : "/test"
} ]
} ]
}`;

/** The JSON documents of an output: whatever is indented from one line of a lone brace to the next. */
function documentsIn(output: string): unknown[] {
  return [...output.matchAll(/^ {2}\{\n[^]*?^ {2}\}$/gm)].map(([text]) => JSON.parse(text) as unknown);
}

function withKey(documents: readonly unknown[], key: string): Record<string, unknown>[] {
  return documents.filter((document) => Object.hasOwn(document as object, key)) as Record<string, unknown>[];
}

describe('the demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  // Where the demo finds its temporary folder and nothing else of ours.
  const env = { PATH: process.env['PATH'], TMPDIR: folder };
  let stdout: string;
  let stderr: string;
  let documents: unknown[];

  beforeAll(async () => {
    // Rejects when the exit code is not 0.
    ({ stdout, stderr } = await promisify(execFile)(process.execPath, [DEMO], { cwd: folder, env }));
    documents = documentsIn(stdout);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows a receipt of what was applied', () => {
    const [receipt] = withKey(documents, 'requestedBy');
    expect(receipt).toMatchObject({ operation: 'mark_as_handled', status: 'applied', remark: 'test' });
  });

  it("shows that the cloud received the example of upstream's own page", () => {
    const [received] = withKey(documents, 'operate_type');
    expect(received).toEqual(JSON.parse(EXAMPLE));
    expect(stdout).toMatch(/^ {2}GET \/v5\/\w+\/event\/events\?.*\bcategory=host/m);
    expect(stdout).toMatch(/^ {2}POST \/v3\/auth\/tokens\?nocatalog=true$/m);
    expect(stdout).toMatch(/^ {2}POST \/v5\/\w+\/event\/operate\?enterprise_project_id=0$/m);
  });

  it('shows the audit trail of the operation: the intent with the body that was sent, then the outcome', () => {
    const [intent, outcome, ...more] = withKey(documents, 'kind');
    expect(more).toEqual([]);
    expect(intent).toMatchObject({ kind: 'intent', requests: withKey(documents, 'operate_type') });
    expect(outcome).toMatchObject({ kind: 'outcome', status: 'applied' });
    expect(outcome?.['operationId']).toBe(intent?.['operationId']);
  });

  it('shows that both are on the signed trail', () => {
    expect(stdout).toMatch(/signed by hss-gateway-[0-9a-f]{8}: 2 records, root \S{44}\n/);
    for (const sequence of [1, 2]) expect(stdout).toContain(`record ${sequence} is one of them, by 1 other`);
  });

  it('shows a refusal that names every mistake and reached nobody', () => {
    const [problem] = withKey(documents, 'violations') as [
      { code: string; violations: { pointer: string }[] },
    ];
    expect(problem.code).toBe('invalid_request');
    expect(problem.violations.map(({ pointer }) => pointer).sort()).toEqual([
      '/alarms/0/occurTime',
      '/operation',
      '/remarks',
    ]);
    expect(stdout).toMatch(/Requests that the cloud received: 0$/m);
  });

  it('writes plain text, no log line and no secret', () => {
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(stdout).not.toMatch(/^\{"level"/m);
    for (const secret of [DEMO_KEY, FIRST_PASSWORD]) expect(stdout).not.toContain(secret);
    // Nothing in it is as long as a token; a hash has 64 characters.
    expect(stdout).not.toMatch(/\w{65}/);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(folder)).toEqual([]);
  });

  it('cleans up when its reader goes away', async () => {
    const child = spawn(process.execPath, [DEMO], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

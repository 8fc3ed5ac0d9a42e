import { connect } from 'node:net';

import { expect } from '@jest/globals';

import { AuditEngine } from '../../src/audit/audit.engine.js';
import type { RefusalRecord } from '../../src/audit/audit-record.js';
import { eventually } from './eventually.js';
import type { JsonAnswer, Rig } from './gateway.js';

export { eventually };

export interface ShownViolation {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly rule: string;
  readonly message: string;
  readonly allowed?: unknown;
}

/** A problem document as a caller sees it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly retryable: boolean;
  readonly retryAfter?: number;
  readonly operationId?: string;
  readonly outcome?: string;
  readonly violations?: readonly ShownViolation[];
  readonly upstream?: { readonly code?: string; readonly requestId?: string };
}

/** The problem document of an answer; fails when it is anything else. */
export function problemOf(answer: JsonAnswer): ProblemDocument {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = answer.body as ProblemDocument;
  expect(problem).toMatchObject({
    type: `urn:hss-gateway:problem:${problem.code}`,
    title: expect.any(String),
    status: answer.status,
    detail: expect.any(String),
    requestId: answer.headers.get('x-request-id'),
    retryable: expect.any(Boolean),
  });
  return problem;
}

/** What is wrong and where: `/pointer rule` or `?parameter rule`, sorted. */
export function faultsIn({ violations = [] }: ProblemDocument): string[] {
  return violations.map(({ pointer, parameter, rule }) => `${pointer ?? `?${parameter}`} ${rule}`).sort();
}

/** Records of one kind, oldest first, as the trail has them. */
export async function recordsOf<T>({ gateway }: Rig, kind: string): Promise<T[]> {
  const engine = gateway.app.get(AuditEngine, { strict: false });
  const rows = await engine.query(
    `SELECT body FROM audit_record WHERE kind = ${engine.place(1)} ORDER BY seq`,
    [kind],
  );
  return rows.map(({ body }) => JSON.parse(body as string) as T);
}

/** The refusal that a request ended in, by its id; a caller's answer does not wait for it to be recorded. */
export async function refusalOf(rig: Rig, requestId: string): Promise<RefusalRecord | undefined> {
  const found = await eventually(
    async () =>
      (await recordsOf<RefusalRecord>(rig, 'refusal')).filter((record) => record.requestId === requestId),
    (records) => records.length > 0,
  );
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

/** How many requests of any kind reached the cloud. */
export async function requestsUpstream(rig: Rig): Promise<number> {
  return ((await rig.control('GET', '/requests')).body as { total: number }).total;
}

/** What takes longer hangs. */
const MAX_ANSWER_MS = 300_000;

/** Sends bytes as they stand and answers everything that comes back before the connection ends. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(bytes, 'latin1')));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.setTimeout(MAX_ANSWER_MS, () => socket.destroy(new Error('no answer in time')));
  });
}

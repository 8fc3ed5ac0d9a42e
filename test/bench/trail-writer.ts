import { randomUUID } from 'node:crypto';
import { EmbeddedEngine } from '../../src/audit/embedded.engine.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import type { IntentRecord } from '../../src/audit/audit-record.js';
import { PROJECT_ID, REGION } from './cloud.js';
import { CALLER, PROJECT } from './gateway.js';

/** Writes operations that were carried out, one after the other in the month before, through the product's own trail. */
const { FILE = '', OPERATIONS = '' } = process.env;
const MONTH_MS = 30 * 86_400_000;
/** Written at once. */
const BATCH = 2_000;

const count = Number(OPERATIONS);
const from = Date.now() - MONTH_MS;
const engine = await EmbeddedEngine.open(FILE);
const trail = new AuditTrail(engine);

/** In the order of time, as the gateway makes them. */
function operationId(at: number): string {
  const time = at.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

async function writeOperation(number: number): Promise<void> {
  const time = Math.floor(from + (number / count) * MONTH_MS);
  const at = new Date(time).toISOString();
  const id = operationId(time);
  const eventId = randomUUID();
  const intent: IntentRecord = {
    kind: 'intent',
    operationId: id,
    at,
    requestId: id,
    caller: CALLER,
    operation: number % 10 === 0 ? 'ignore' : 'mark_as_handled',
    scope: { project: PROJECT, region: REGION, projectId: PROJECT_ID, enterpriseProjectId: '0' },
    alarms: [eventId],
  };
  const sent = { operate_type: intent.operation, operate_event_list: [{ event_id: eventId }] };
  await trail.recordIntent(intent, [JSON.stringify(sent)]);
  const status = number % 20 === 0 ? 'rejected' : 'applied';
  const exchange = { attempts: 1, bytesSent: true, durationMs: 30, status: status === 'applied' ? 200 : 400 };
  const chunks = [{ alarms: 1, outcome: status, exchange }] as const;
  await trail.recordOutcome({ kind: 'outcome', operationId: id, at, status, chunks }, { intent, chunks: [] });
}

for (let first = 0; first < count; first += BATCH) {
  const numbers = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => first + index);
  await Promise.all(numbers.map(writeOperation));
}
await trail.onApplicationShutdown();

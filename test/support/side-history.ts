import fc from 'fast-check';
import { uuidv7 } from 'uuidv7';

import { targetsOf } from '../../src/audit/alarm-outcomes.js';
import type { AuditEngine, Claim } from '../../src/audit/audit.engine.js';
import type { IntentRecord, OperationTrail } from '../../src/audit/audit-record.js';
import { AuditTrail, NotAdmitted } from '../../src/audit/audit-trail.js';
import { IllegalTransition } from '../../src/audit/operation-state.js';
import type { ChunkOutcome, OperationStatus } from '../../src/domain/outcome.js';

/** One step of a history: what a gateway records next, with callers, operations and keys by small numbers. */
const nat = fc.nat(99);
const flag = fc.boolean();
const steps = {
  intent: fc.record({
    kind: fc.constant('intent' as const),
    caller: fc.constantFrom('portal', 'bot'),
    operation: fc.constantFrom('ignore', 'isolate_and_kill', 'add_to_alarm_whitelist', 'do_not_ignore'),
    targets: fc.nat(4),
    items: flag,
    key: fc.constantFrom(undefined, undefined, 'k', 'l', 'm'),
    /** Claims made before are void. */
    void: flag,
    plan: flag,
    undoes: fc.option(nat, { nil: undefined }),
    expires: flag,
    background: flag,
    hosts: fc.uniqueArray(fc.constantFrom('host-a', 'Host-B', 'host\0c', 'd'), { maxLength: 3 }),
  }),
  chunk: fc.record({ kind: fc.constant('chunk' as const), of: nat, seed: nat }),
  outcome: fc.record({ kind: fc.constant('outcome' as const), of: nat, seed: nat, interrupted: flag }),
  settlement: fc.record({ kind: fc.constant('settlement' as const), of: nat, seed: nat, settled: flag }),
  cancellation: fc.record({ kind: fc.constant('cancellation' as const), of: nat }),
  pause: fc.record({ kind: fc.constant('pause' as const), of: nat }),
  brake: fc.record({
    kind: fc.constant('brake' as const),
    caller: fc.constantFrom('portal', 'bot', 'night'),
    engaged: fc.nat(3).map((one) => one === 0),
  }),
  refusal: fc.record({ kind: fc.constant('refusal' as const) }),
};
type Step = (typeof steps)[keyof typeof steps] extends fc.Arbitrary<infer T> ? T : never;

export const history = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    { weight: 6, arbitrary: steps.intent },
    { weight: 3, arbitrary: steps.chunk },
    { weight: 5, arbitrary: steps.outcome },
    { weight: 2, arbitrary: steps.settlement },
    { weight: 1, arbitrary: steps.cancellation },
    { weight: 1, arbitrary: steps.pause },
    { weight: 1, arbitrary: steps.brake },
    { weight: 1, arbitrary: steps.refusal },
  ),
  { minLength: 4, maxLength: 40 },
);

const OUTCOMES = ['applied', 'rejected', 'not_attempted', 'unknown'] as const;

function chunkOf(alarms: number, seed: number, ids: readonly string[]): ChunkOutcome {
  const outcome = OUTCOMES[seed % OUTCOMES.length] ?? 'applied';
  const isUndone = outcome === 'rejected' || outcome === 'not_attempted';
  const fault = { code: 'c', status: 503, detail: 'd', retryable: seed % 3 !== 0 };
  return {
    alarms,
    outcome,
    ...(isUndone && { fault }),
    ...(outcome === 'applied' && { already: ids.slice(0, seed % 2), exchange: exchange(seed) }),
    ...(outcome === 'applied' && seed % 5 === 0 && { underWay: ids.slice(-1) }),
  };
}
const exchange = (seed: number) => ({ attempts: 1, bytesSent: true, durationMs: seed, status: 200 });

/** Writes a history as a gateway does; what is not admitted, or cannot follow, is left out. @returns ids of its operations */
export async function write(engine: AuditEngine, drawn: readonly Step[]): Promise<string[]> {
  const trail = new AuditTrail(engine);
  const began: OperationTrail[] = [];
  const start = Date.now() - 1_000 * drawn.length;
  for (const [index, step] of drawn.entries()) {
    const at = new Date(start + 1_000 * index).toISOString();
    try {
      await writeStep(trail, began, step, at);
    } catch (error) {
      if (!(error instanceof NotAdmitted || error instanceof IllegalTransition)) throw error;
    }
  }
  return began.map(({ intent }) => intent.operationId);
}

async function writeStep(trail: AuditTrail, began: OperationTrail[], step: Step, at: string): Promise<void> {
  if (step.kind === 'brake') {
    const { caller, engaged } = step;
    return trail.recordBrake({ kind: 'brake', at, requestId: 'r', caller, engaged });
  }
  if (step.kind === 'refusal') {
    const request = { requestId: 'r', address: '192.0.2.1', method: 'POST', route: '/v1/operations' };
    return trail.recordRefusal({ kind: 'refusal', at, ...request, code: 'c', status: 400, detail: 'd' });
  }
  if (step.kind === 'intent') {
    const { intent, claims } = intentOf(step, began, at);
    const limits = { dayStart: 0, hourStart: 0 };
    const reach = intent.reach && { ...intent.reach, ...limits };
    await trail.recordIntent(intent, ['{"a":1}'], { claims, reach });
    began.push({ intent, chunks: [] });
    return;
  }
  const place = step.of % Math.max(1, began.length);
  const before = began[place];
  if (!before) return;
  const after = await follow(trail, before, step, at);
  if (after) began[place] = after;
}

function intentOf(
  step: Extract<Step, { kind: 'intent' }>,
  began: readonly OperationTrail[],
  at: string,
): { intent: IntentRecord; claims: Claim[] } {
  const operationId = uuidv7();
  const of = { fingerprint: operationId, voidBefore: step.void ? Date.parse(at) : 0 };
  const claims: Claim[] = [
    ...(step.key === undefined ? [] : [{ key: `key:${step.key}`, ...of }]),
    ...(step.plan ? [{ key: `plan:${operationId}`, ...of, once: true as const }] : []),
  ];
  const ids = Array.from(
    { length: step.targets },
    (_, index) => `${index === 0 ? 'Ä' : 'e'}-${operationId}-${index}`,
  );
  const undone = step.undoes === undefined ? undefined : began[step.undoes % Math.max(1, began.length)];
  const reaches = step.operation === 'isolate_and_kill' || step.operation === 'add_to_alarm_whitelist';
  const scope = { project: 'p', projectId: 'id', region: 'r', enterpriseProjectId: '0' };
  const intent: IntentRecord = {
    ...{
      kind: 'intent',
      operationId,
      at,
      requestId: 'r',
      caller: step.caller,
      operation: step.operation,
      scope,
    },
    alarms: step.items ? [] : ids,
    ...(step.items && { items: ids.map((id) => ({ id, target: { hash: id } })) }),
    ...(step.key !== undefined && { idempotencyKey: step.key }),
    ...(undone && { undoes: undone.intent.operationId }),
    ...(step.expires && { expiresAt: new Date(Date.parse(at) + 5_000).toISOString() }),
    ...(step.background && { background: true }),
    ...(step.plan && { plan: operationId }),
    claims: claims.map(({ voidBefore: _, ...claim }) => claim),
    ...(reaches && { reach: { alarms: ids.length, hosts: step.hosts } }),
  };
  return { intent, claims };
}

async function follow(
  trail: AuditTrail,
  before: OperationTrail,
  step: Exclude<Step, { kind: 'intent' | 'brake' | 'refusal' }>,
  at: string,
): Promise<OperationTrail | undefined> {
  const { operationId, caller } = before.intent;
  const targets = targetsOf(before.intent);
  const done = before.chunks.reduce((sum, { alarms }) => sum + alarms, 0);
  const left = targets.slice(done);
  const of = { operationId, at };
  switch (step.kind) {
    case 'chunk': {
      if (left.length < 2) return undefined;
      const chunk = chunkOf(1, step.seed, left.slice(0, 1));
      return trail.recordChunk({ kind: 'chunk', ...of, index: before.chunks.length, chunk }, before);
    }
    case 'outcome': {
      const chunks = [...before.chunks, ...(left.length > 0 ? [chunkOf(left.length, step.seed, left)] : [])];
      const { status } = statusFor(chunks);
      const record = { kind: 'outcome' as const, ...of, status, chunks };
      return trail.recordOutcome(step.interrupted ? { ...record, interrupted: true } : record, before);
    }
    case 'settlement': {
      const alarms = targets.map((eventId) => ({ eventId, outcome: OUTCOMES[step.seed % 4] ?? 'unknown' }));
      const { status } = statusFor([{ outcome: alarms[0]?.outcome ?? 'applied' }]);
      const { settled } = step;
      return trail.recordSettlement({ kind: 'settlement', ...of, status, alarms, settled }, before);
    }
    case 'cancellation':
      return trail.recordCancellation({ kind: 'cancellation', ...of, requestId: 'r', caller }, before);
    case 'pause':
      return trail.recordPause({ kind: 'pause', ...of, chunk: before.chunks.length }, before);
  }
}

/** What is said of the whole does not matter here, so long as it is said. */
function statusFor(chunks: readonly Pick<ChunkOutcome, 'outcome'>[]): { status: OperationStatus } {
  const { outcome = 'applied' } = chunks.at(-1) ?? {};
  return { status: outcome === 'already' ? 'applied' : outcome };
}

import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  type IntentRecord,
  AuditUnavailable,
  type AppendRejection,
  NotAdmitted,
  type AuditTrail,
  type ClaimStore,
  type OperationStore,
  type SentMarks,
  TrailState,
} from '../../audit/index.js';
import type { Config } from '../../config/config.js';
import type { CallContext, CallerLimits } from '../../domain/caller.js';
import { callBody } from '../../hss/index.js';
import { StoppedClock } from '../../http/identity/identity.fixture.js';
import { Quotas } from '../../access/quotas.js';
import { Metrics } from '../../metrics/metrics.js';
import type { Problem } from '../../problems/problem.js';
import type { ExpirationCapacity } from '../expirations/expiration-capacity.js';
import type { AuthorizedCommand, OperationCommand } from '../operation-command.js';
import { Admission } from './admission.service.js';
import { BackgroundSlots } from './background-slots.js';
import { IdempotencyService } from './idempotency.service.js';

const CONFIG = {
  limits: {},
  database: { kind: 'embedded' },
  idempotency: { keptMs: 1_000 },
  guardRails: {},
} as unknown as Config;
const SCOPE = { project: 'p', projectId: 'id', region: 'r', enterpriseProjectId: '0' };

/** What became of the intents of a test, and why the trail would refuse one. */
let written: IntentRecord[];
let marked: string[];
let rejection: AppendRejection | 'unavailable' | undefined;

function admissionWith(): Admission {
  const clock = new StoppedClock();
  const quotas = new Quotas(CONFIG, clock);
  const trail = {
    recordIntent: (intent: IntentRecord) => {
      if (rejection === 'unavailable') return Promise.reject(new AuditUnavailable('disk full'));
      if (rejection) return Promise.reject(new NotAdmitted(rejection));
      written.push(intent);
      return Promise.resolve();
    },
    recordBrake: () => Promise.resolve(),
    checkBudget: () => Promise.resolve(),
  } as unknown as AuditTrail;
  const marks = {
    begin: (id: string) => marked.push(id),
    end: (id: string) => (marked = marked.filter((each) => each !== id)),
  } as unknown as SentMarks;
  const expirations = {
    within: (_: unknown, __: unknown, then: () => unknown) => then(),
  } as unknown as ExpirationCapacity;
  const idempotency = new IdempotencyService(CONFIG, {} as ClaimStore, {} as OperationStore, clock);
  const slots = new BackgroundSlots(quotas);
  const state = new TrailState();
  return new Admission(
    CONFIG,
    quotas,
    slots,
    expirations,
    idempotency,
    trail,
    marks,
    state,
    new Metrics(),
    clock,
  );
}

const context = (limits: CallerLimits = {}): CallContext => ({
  requestId: 'request-1',
  caller: { id: 'portal', grants: [], limits },
  receivedAt: 0,
  deadlineAt: 1_000,
});

function authorized(count: number, more: Partial<OperationCommand> = {}): AuthorizedCommand {
  const alarms = Array.from({ length: count }, (_, index) => ({
    eventId: `e-${index}`,
    eventClassId: 'rootkit_0001',
    eventType: 1010,
  }));
  const command: OperationCommand = {
    route: 'POST /v1/operations',
    operation: 'mark_as_handled',
    alarms,
    bodies: [callBody({ operate_type: 'mark_as_handled', operate_event_list: [] })],
    ...more,
  };
  return { command, scope: SCOPE, project: {} as AuthorizedCommand['project'] };
}

const refusalOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'admitted',
    (error: Problem) => error.code,
  );

beforeEach(() => {
  written = [];
  marked = [];
  rejection = undefined;
});

describe('a command that nothing speaks against', () => {
  it('is admitted once its intent is durable', async () => {
    const { intent } = await admissionWith().admit(authorized(2), 'f', context());
    expect(written).toEqual([intent]);
    expect(intent).toMatchObject({ kind: 'intent', caller: 'portal', alarms: ['e-0', 'e-1'], scope: SCOPE });
    expect(marked).toEqual([intent.operationId]);
  });
});

describe('a command that is not admitted', () => {
  it('has one reason, the first that applies, and no intent', async () => {
    const details = [{ agentId: 'a', processPid: 1, fileHash: 'h', filePath: '/usr/sbin/sshd' }];
    const isolation = authorized(1, { operation: 'isolate_and_kill' });
    const [alarm] = isolation.command.alarms;
    const command = { ...isolation.command, alarms: [{ ...alarm!, details }] };
    const admission = admissionWith();
    expect(
      await refusalOf(admission.admit({ ...isolation, command }, 'f', context({ alarmsPerMinute: 0 }))),
    ).toBe('guard_rail');
    expect(await refusalOf(admission.admit(authorized(3), 'f', context({ alarmsPerMinute: 2 })))).toBe(
      'over_limit',
    );
    const background = authorized(1, { background: true });
    expect(await refusalOf(admission.admit(background, 'f', context({ backgroundOperations: 0 })))).toBe(
      'over_limit',
    );
    expect(written).toEqual([]);
  });

  it.each<[string, AppendRejection | 'unavailable']>([
    ['brake_engaged', { reason: 'braked', since: 0 }],
    ['brake_engaged', { reason: 'too_many_hosts', hosts: 9 }],
    ['still_running', { reason: 'claimed', key: 'key:k', operationId: 'o', fingerprint: 'f' }],
    ['idempotency_key_reused', { reason: 'claimed', key: 'key:k', operationId: 'o', fingerprint: 'other' }],
    ['plan_running', { reason: 'claimed', key: 'plan:p', operationId: 'o', fingerprint: 'f' }],
    ['undo_running', { reason: 'claimed', key: 'undo:u:0', operationId: 'o', fingerprint: 'f' }],
    ['audit_unavailable', 'unavailable'],
  ])('is refused with %s and gives back all that it took: %j', async (code, why) => {
    const admission = admissionWith();
    rejection = why;
    const limits = context({ alarmsPerMinute: 2, backgroundOperations: 1 });
    expect(await refusalOf(admission.admit(authorized(2, { background: true }), 'f', limits))).toBe(code);
    expect(marked).toEqual([]);
    rejection = undefined;
    expect(await refusalOf(admission.admit(authorized(2, { background: true }), 'f', limits))).toBe(
      'admitted',
    );
  });
});

describe('a check', () => {
  it('takes nothing of what it finds room in', async () => {
    const admission = admissionWith();
    const limits = context({ alarmsPerMinute: 2, backgroundOperations: 1 });
    const { command } = authorized(2, { background: true });
    await admission.check(command, limits);
    await admission.check(command, limits);
    expect(await refusalOf(admission.admit(authorized(2, { background: true }), 'f', limits))).toBe(
      'admitted',
    );
    expect(await refusalOf(admission.check({ ...command, alarms: [] }, limits))).toBe('background_limit');
  });
});

describe('the quota of a caller', () => {
  it('is never exceeded, and a reversal neither uses nor needs it', async () => {
    const operation = fc.constantFrom('mark_as_handled', 'unhandle');
    const requests = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), operation), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 10 }), async (all, max) => {
        const admission = admissionWith();
        let used = 0;
        for (const [size, type] of all) {
          const command = authorized(size, { operation: type as OperationCommand['operation'] });
          const isAdmitted =
            (await refusalOf(admission.admit(command, 'f', context({ alarmsPerMinute: max })))) ===
            'admitted';
          expect(isAdmitted).toBe(type === 'unhandle' || used + size <= max);
          if (isAdmitted && type !== 'unhandle') used += size;
        }
      }),
      { numRuns: 50 },
    );
  });
});

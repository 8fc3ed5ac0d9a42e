import { hash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { OperationTrail, ClaimStore, OperationStore } from '../../audit/index.js';
import type { Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { callBody } from '../../hss/index.js';
import { StoppedClock } from '../../http/identity/identity.fixture.js';
import { Problem } from '../../problems/problem.js';
import type { CommandDeduplication, OperationCommand } from '../operation-command.js';
import type { OperationResult } from '../operation-result.js';
import { fingerprintOf, IdempotencyService, InFlightDeduplicator } from './idempotency.service.js';

const sha256 = (text: string) => hash('sha256', text);
const CONFIG = { idempotency: { keptMs: 1_000, joinMs: 100 } } as unknown as Config;
const CALLER: Caller = { id: 'portal', grants: [] };
const SCOPE = { project: 'p', projectId: 'id', region: 'r', enterpriseProjectId: '0' };

const commandOf = (remark: string, more: Partial<OperationCommand> = {}): OperationCommand => ({
  route: 'POST /v1/operations',
  operation: 'mark_as_handled',
  alarms: [],
  bodies: [callBody({ operate_type: 'mark_as_handled', handler: remark, operate_event_list: [] })],
  ...more,
});

const trailOf = (more: { ended?: boolean; background?: true } = {}): OperationTrail =>
  ({
    intent: {
      operationId: 'op-1',
      operation: 'ignore',
      alarms: [],
      ...(more.background && { background: true }),
    },
    chunks: [],
    ...(more.ended && { outcome: { status: 'applied', chunks: [] } }),
  }) as unknown as OperationTrail;

/** A service over one claim that was made before, and the operation that made it. */
function serviceWith(
  claims: Readonly<Record<string, string>>,
  trail: OperationTrail | undefined,
): IdempotencyService {
  const found = (_: string, key: string) =>
    Promise.resolve(key in claims ? { operationId: 'op-1', fingerprint: claims[key] } : undefined);
  const store = { find: () => Promise.resolve(trail) } as unknown as OperationStore;
  return new IdempotencyService(CONFIG, { find: found } as unknown as ClaimStore, store, new StoppedClock());
}

async function earlier(
  command: CommandDeduplication,
  claims: Readonly<Record<string, string>>,
  trail: OperationTrail | undefined = trailOf({ ended: true }),
): Promise<string | undefined> {
  try {
    const result = await serviceWith(claims, trail).earlier(command, CALLER, 'this');
    return result?.trail.intent.operationId;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe('a request under a key', () => {
  it.each<
    [string, CommandDeduplication, Record<string, string>, OperationTrail | undefined, string | undefined]
  >([
    ['is new where nothing was claimed', { idempotencyKey: 'k' }, {}, undefined, undefined],
    ['is new under another key', { idempotencyKey: 'k' }, { 'key:other': 'this' }, undefined, undefined],
    [
      'is answered with the first one',
      { idempotencyKey: 'k' },
      { 'key:k': 'this' },
      trailOf({ ended: true }),
      'op-1',
    ],
    [
      'is refused for another request',
      { idempotencyKey: 'k' },
      { 'key:k': 'that' },
      trailOf({ ended: true }),
      'idempotency_key_reused',
    ],
    ['waits for one that runs', { idempotencyKey: 'k' }, { 'key:k': 'this' }, trailOf(), 'still_running'],
    [
      'is answered with one in the background before its end',
      { idempotencyKey: 'k' },
      { 'key:k': 'this' },
      trailOf({ background: true }),
      'op-1',
    ],
    [
      'is the same to the last byte where the signature is',
      { idempotencyKey: 'k', signature: 's' },
      { [`signature:${sha256('s')}`]: 'that', 'key:k': 'that' },
      trailOf({ ended: true }),
      'op-1',
    ],
    [
      'is the same where an earlier version recognised the signature',
      { signature: 's' },
      { 'signature:s': 'that' },
      trailOf({ ended: true }),
      'op-1',
    ],
    ['applies a plan once', { plan: 'p' }, { 'plan:p': 'this' }, trailOf(), 'plan_running'],
  ])('%s', async (_, command, claims, trail, expected) => {
    expect(await earlier(command, claims, trail)).toBe(expected);
  });

  it('claims everything by which it can be recognised', () => {
    const command = commandOf('SEC-1', {
      idempotencyKey: 'k',
      signature: 's',
      plan: 'p',
      undoes: { operationId: 'op-0', round: 2, leaves: [], assumes: [] },
    });
    const claims = serviceWith({}, undefined).claimsOf(command, 'this');
    expect(claims.map(({ key, once = false }) => [key, once])).toEqual([
      // A reader could send the request once more, were it the signature itself.
      [`signature:${sha256('s')}`, false],
      ['key:k', false],
      ['plan:p', true],
      ['undo:op-0:2', true],
    ]);
    expect(new Set(claims.map(({ fingerprint }) => fingerprint))).toEqual(new Set(['this']));
  });

  it.each([
    ['key:k', 'this', 'still_running'],
    ['key:k', 'that', 'idempotency_key_reused'],
    ['signature:s', 'that', 'still_running'],
    ['plan:p', 'that', 'plan_running'],
    ['undo:op-0:2', 'that', 'undo_running'],
  ])('that came second by %s of %s request is refused: %s', (key, fingerprint, code) => {
    const rejection = { reason: 'claimed', key, operationId: 'op-1', fingerprint } as const;
    expect(serviceWith({}, undefined).refusal(rejection, 'this').code).toBe(code);
  });
});

describe('a fingerprint', () => {
  const fingerprint = (command: OperationCommand, scope = SCOPE): string => fingerprintOf(command, { scope });

  it('differs in everything that would be done, and in nothing else', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(fingerprint(commandOf(one)) === fingerprint(commandOf(other))).toBe(one === other);
      }),
    );
    const same = fingerprint(commandOf('SEC-1'));
    expect(fingerprint(commandOf('SEC-1', { idempotencyKey: 'k', signature: 's' }))).toBe(same);
    const others = [
      fingerprint(commandOf('SEC-1', { route: 'POST /v5/{project_id}/event/operate' })),
      fingerprint(commandOf('SEC-1', { expiresAt: '2027-01-31T00:00:00Z' })),
      fingerprint(commandOf('SEC-1', { canonical: 'another form' })),
      fingerprint(commandOf('SEC-1'), { ...SCOPE, projectId: 'other' }),
      fingerprint(commandOf('SEC-1'), { ...SCOPE, enterpriseProjectId: 'other' }),
    ];
    expect(new Set([same, ...others]).size).toBe(others.length + 1);
  });
});

describe('a request without a key', () => {
  const context: CallContext = { requestId: 'r', caller: CALLER, receivedAt: 0, deadlineAt: 1_000 };
  const result = (id: string): OperationResult => ({
    trail: { ...trailOf({ ended: true }), intent: { operationId: id } as OperationTrail['intent'] },
    recorded: true,
  });

  it.each<[string, string, Partial<CallContext>, boolean, number]>([
    ['joins the same one that still runs', 'this', {}, true, 1],
    ['does not join another request', 'that', {}, true, 2],
    ['does not join one of another caller', 'this', { caller: { id: 'bot', grants: [] } }, true, 2],
    ['does not join one for another human', 'this', { onBehalfOf: 'jane' }, true, 2],
    ['does not join where it has a key of its own', 'this', {}, false, 2],
  ])('%s', async (_, fingerprint, more, mayJoin, acts) => {
    const inFlight = new InFlightDeduplicator(CONFIG, new StoppedClock());
    let acted = 0;
    let finish = () => {};
    const end = new Promise<void>((resolve) => (finish = resolve));
    const act = async (): Promise<OperationResult> => {
      acted += 1;
      const id = `op-${acted}`;
      await end;
      return result(id);
    };
    const first = inFlight.run('this', context, true, act);
    const second = inFlight.run(fingerprint, { ...context, ...more }, mayJoin, act);
    finish();
    expect((await first).repeated).toBeUndefined();
    expect((await second).repeated).toBe(acts === 1 ? 'joined' : undefined);
    expect(acted).toBe(acts);
    // One that has ended is joined by nobody.
    await inFlight.run('this', context, true, act);
    expect(acted).toBe(acts + 1);
  });
});

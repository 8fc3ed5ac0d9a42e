import { describe, expect, it } from '@jest/globals';

import type { AlarmResolver } from '../../alarms/alarm-resolver.js';
import type { CallContext } from '../../domain/caller.js';
import { Problem } from '../../problems/problem.js';
import { pointerOf } from '../../problems/violation.js';
import { type OperationCommand, type ResolvedScope, type UnresolvedCommand } from '../operation-command.js';
import type { UndoService } from '../undo/undo.service.js';
import { CommandResolver } from './command-resolver.js';
import { requestedCommand } from './operation.translator.js';

const listed = { eventId: 'e-1', eventClassId: 'c', eventType: 1010, occurTime: 7, details: [] };
const place = { scope: { projectId: 'id' }, project: {} } as unknown as ResolvedScope;
const context = { caller: { id: 'portal', grants: [] } } as unknown as CallContext;

/** A resolver that finds the alarm `e-1`, and no other. */
const resolver = new CommandResolver(
  {
    resolve: (_: unknown, references: readonly { readonly eventId: string }[]) =>
      Promise.resolve({
        verdicts: references.map(({ eventId }) =>
          eventId === 'e-1' ? { alarm: listed } : { unfit: { rule: 'not_found', message: 'is not listed' } },
        ),
        listed: new Map(),
        readAt: 42,
      }),
  } as unknown as AlarmResolver,
  {} as UndoService,
);

const asked = (...alarmIds: string[]) =>
  requestedCommand({ operation: 'ignore', alarmIds, remark: 'r' }, 'k') as UnresolvedCommand;

describe('a request by ids', () => {
  it('is data as a whole until it is resolved, and afterwards', async () => {
    const unresolved = asked('e-1');
    expect(structuredClone(unresolved)).toEqual(unresolved);
    const resolved = await resolver.resolve(unresolved, place, context);
    expect(structuredClone(resolved)).toEqual(resolved);
  });

  it('becomes the command that naming the alarm in full is, with what was read of it', async () => {
    const inFull = requestedCommand(
      { operation: 'ignore', alarms: [listed], remark: 'r' },
      'k',
    ) as OperationCommand;
    const resolved = await resolver.resolve(asked('e-1'), place, context);
    expect(resolved).toEqual({ ...inFull, byId: true, lookedUp: { digests: [], readAt: 42 } });
  });

  it('keeps its schedule and what it is recognised by', async () => {
    const scheduled = { ...asked('e-1'), background: true as const, expiresAt: '2027-01-31T00:00:00.000Z' };
    expect(await resolver.resolve(scheduled, place, context)).toMatchObject({
      route: 'POST /v1/operations',
      idempotencyKey: 'k',
      background: true,
      expiresAt: '2027-01-31T00:00:00.000Z',
    });
  });

  it('is refused with a reason for each alarm that is not found', async () => {
    const refusal = await resolver
      .resolve(asked('e-1', 'e-2'), place, context)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Problem);
    const { code, status, extras } = refusal as Problem;
    expect([status, code, extras.violations?.map(pointerOf)]).toEqual([
      404,
      'alarm_not_found',
      ['/alarmIds/1'],
    ]);
  });

  it('has nothing looked up for a caller who is over its quota', async () => {
    const refusal = resolver.resolve(asked('e-1'), place, { ...context, overQuota: 3 });
    await expect(refusal).rejects.toMatchObject({ code: 'request_limit', extras: { retryAfter: 3 } });
  });
});

describe('a plan', () => {
  it('is applied only in the project that it was made for', async () => {
    const command = requestedCommand({ operation: 'ignore', alarms: [listed] }) as OperationCommand;
    const plan = (projectId: string) => ({
      ...{ route: 'POST /v1/plans/{id}/apply', operation: 'ignore' as const, canonical: '', plan: 'p' },
      lookup: { kind: 'plan' as const, command, projectId },
    });
    expect(await resolver.resolve(plan('id'), place, context)).toMatchObject({ plan: 'p', alarms: [listed] });
    await expect(resolver.resolve(plan('other'), place, context)).rejects.toMatchObject({
      code: 'project_changed',
    });
  });
});

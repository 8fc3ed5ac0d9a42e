import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { startRig, unhurried, type Rig } from './support/gateway.js';

const FILE_TYPES = OPERATION_TYPE_NAMES.filter((name) => !name.endsWith('login_whitelist'));
const LOGIN_TYPES = OPERATION_TYPE_NAMES.filter((name) => /login_whitelist|handle|ignore/.test(name));

let rig: Rig;
let made = 0;
beforeAll(async () => {
  rig = await startRig({
    callers: [unhurried],
    upstream: {
      deadlineMs: 10_000,
      attemptTimeoutMs: 5_000,
      maxAttempts: 3,
      connections: 64,
      settleQuietMs: 60_000,
      settleGiveUpMs: 60_000,
      verify: 'always',
    },
  });
});
afterAll(() => rig.close());

interface State {
  readonly alarms: readonly { readonly eventId: string; readonly handleMethod?: string }[];
  readonly alarmWhitelist: readonly { readonly hash: string }[];
  readonly loginWhitelist: readonly { readonly loginIp: string }[];
  readonly isolatedFiles: readonly { readonly fileHash: string; readonly status: string }[];
}

/** What the cloud has come to: how each alarm is handled, and what stands in its lists. */
async function stateOf(alarms: readonly NamedAlarm[]): Promise<unknown> {
  const ids = alarms.map(({ eventId }) => `eventId=${eventId}`).join('&');
  const state = (await rig.control('GET', `/state?${ids}`)).body as State;
  return {
    handling: new Map(state.alarms.map(({ eventId, handleMethod }) => [eventId, handleMethod])),
    alarmWhitelist: state.alarmWhitelist.map(({ hash }) => hash).sort(),
    loginWhitelist: state.loginWhitelist.map(({ loginIp }) => loginIp).sort(),
    // A file that was put back stays in the list as restored.
    isolated: state.isolatedFiles
      .filter(({ status }) => status === 'isolated')
      .map(({ fileHash }) => fileHash)
      .sort(),
  };
}

const done = async (operation: OperationType, alarms: readonly NamedAlarm[]): Promise<ReceiptDto> => {
  const answer = await rig.operate({ operation, alarms });
  expect(answer.status).toBe(200);
  return answer.body as ReceiptDto;
};
const undo = (id: string) => rig.call('POST', `/v1/operations/${id}/undo`);

describe('doing and taking back', () => {
  it('leaves the cloud as it was, whatever part of it was so before; and taking that back leaves it as it was then', async () => {
    const cases = fc.constantFrom(FILE_TYPES, LOGIN_TYPES).chain((types) =>
      fc.record({
        operation: fc.constantFrom(...types),
        // Of each alarm: whether it stands before as the operation wants it.
        asWanted: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        isLogin: fc.constant(types === LOGIN_TYPES),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ operation, asWanted, isLogin }) => {
        const { isReversal: takesBack, inverse } = OPERATIONS[operation];
        const kind = isLogin ? 'add_to_login_whitelist' : 'isolate_and_kill';
        const alarms = asWanted.map(() => alarmFor(kind, made++));
        await rig.control('POST', '/alarms', { alarms: alarms.map(asAdded) });
        // Upstream takes a forward type on an open alarm, and the way back on one that is handled so.
        const forward = takesBack ? inverse : operation;
        const handled = alarms.filter((_, index) => asWanted[index] !== takesBack);
        if (handled.length > 0) await done(forward, handled);

        const before = await stateOf(alarms);
        const receipt = await done(operation, alarms);
        const after = await stateOf(alarms);
        const undone = await undo(receipt.id);
        if (asWanted.every(Boolean)) {
          expect([undone.status, undone.body.code]).toEqual([409, 'nothing_to_undo']);
          expect(after).toEqual(before);
          return;
        }
        expect([undone.status, (undone.body as ReceiptDto).undoes]).toEqual([200, receipt.id]);
        expect(await stateOf(alarms)).toEqual(before);
        expect((await undo((undone.body as ReceiptDto).id)).status).toBe(200);
        expect(await stateOf(alarms)).toEqual(after);
      }),
      { numRuns: 40 },
    );
  });
});

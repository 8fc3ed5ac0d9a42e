import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { ReceiptPageDto } from '../src/operations/receipts/receipt.dto.js';
import type { CallerConfig } from '../src/config/config.js';
import { addAlarms } from './support/bulk-alarms.js';
import { KEY, OTHER_KEY, portal, projectOf, sha256, startRig, type Rig } from './support/gateway.js';
import { problemOf } from './support/problems.js';

const AUDITOR_KEY = 'test-key-of-the-auditor';
const STRICT_KEY = 'test-key-of-an-auditor-of-some-types';
const bot: CallerConfig = { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] };
const grant = {
  rights: ['read', 'audit'],
  operations: [],
  projects: ['one'],
  enterpriseProjects: ['*'],
} as const;
const auditor: CallerConfig = { id: 'auditor', keys: [{ sha256: sha256(AUDITOR_KEY) }], grants: [grant] };
const strict: CallerConfig = {
  id: 'strict',
  keys: [{ sha256: sha256(STRICT_KEY) }],
  grants: [{ ...grant, eventTypes: [1001] }],
};

let rig: Rig;
/** Ids of the operations, by caller and project. */
const made = new Map<string, string>();

beforeAll(async () => {
  rig = await startRig({
    projects: (cloud) => [projectOf(cloud, 'one'), projectOf(cloud, 'two')],
    callers: [portal, bot, auditor, strict],
  });
  for (const [name, key] of [
    ['portal', KEY],
    ['chat-bot', OTHER_KEY],
  ] as const) {
    for (const project of ['one', 'two']) {
      const alarms = await addAlarms(rig, 1);
      const answer = await rig.operate(
        { operation: 'ignore', remark: `${name} ${project}`, alarms, scope: { project } },
        { key },
      );
      made.set(`${name} ${project}`, (answer.body as ReceiptDto).id);
    }
  }
});
afterAll(() => rig.close());

const list = (query: string, key: string) => rig.call('GET', `/v1/operations${query}`, undefined, { key });
const idsOf = (body: unknown) => (body as ReceiptPageDto).items.map(({ id }) => id);
const idsIn = (...names: string[]) => names.map((name) => made.get(name));

describe('an auditor', () => {
  it('reads what others did, where it may audit, and nothing of elsewhere', async () => {
    const everybody = await list('?caller=*', AUDITOR_KEY);
    expect(idsOf(everybody.body)).toEqual(idsIn('chat-bot one', 'portal one'));
    expect(idsOf((await list('?caller=portal', AUDITOR_KEY)).body)).toEqual(idsIn('portal one'));
    expect((await list('', AUDITOR_KEY)).body).toEqual(everybody.body);
    expect(idsOf((await list('?status=applied', AUDITOR_KEY)).body)).toEqual(idsOf(everybody.body));
    expect(idsOf((await list('?caller=auditor', AUDITOR_KEY)).body)).toEqual([]);
    const find = (name: string) =>
      rig.call('GET', `/v1/operations/${made.get(name)}`, undefined, { key: AUDITOR_KEY });
    expect((await find('portal one')).body).toMatchObject({ requestedBy: 'portal', remark: 'portal one' });
    expect(problemOf(await find('portal two')).code).toBe('operation_not_found');
  });

  it('gets whole pages, however much between is not for it', async () => {
    const first = (await list('?caller=*&limit=1', AUDITOR_KEY)).body as ReceiptPageDto;
    expect(idsOf(first)).toEqual(idsIn('chat-bot one'));
    const second = (await list(`?limit=1&cursor=${first.nextCursor}`, AUDITOR_KEY)).body as ReceiptPageDto;
    expect(idsOf(second)).toEqual(idsIn('portal one'));
    expect(second.nextCursor).toBeUndefined();
  });

  it('takes nothing back that is not its own', async () => {
    const answer = await rig.call('POST', `/v1/operations/${made.get('portal one')}/undo`, undefined, {
      key: AUDITOR_KEY,
    });
    expect(answer.status).toBe(403);
  });

  it('whose grant is limited by event types reads nothing of others: records do not tell them', async () => {
    for (const query of ['', '?caller=*']) expect(idsOf((await list(query, STRICT_KEY)).body)).toEqual([]);
  });
});

describe('a caller without the right to audit', () => {
  it('is refused what others did, and may name itself', async () => {
    for (const caller of ['*', 'portal']) {
      const problem = problemOf(await list(`?caller=${caller}`, OTHER_KEY));
      expect(problem).toMatchObject({ status: 403, code: 'not_granted' });
      expect(problem.detail).toContain('the right audit');
    }
    for (const query of ['', '?caller=chat-bot']) {
      const own = idsIn('chat-bot two', 'chat-bot one');
      expect(idsOf((await list(query, OTHER_KEY)).body)).toEqual(own);
    }
    const other = await rig.call('GET', `/v1/operations/${made.get('portal one')}`, undefined, {
      key: OTHER_KEY,
    });
    expect(problemOf(other).code).toBe('operation_not_found');
  });
});

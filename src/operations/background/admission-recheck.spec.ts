import { describe, expect, it } from '@jest/globals';

import type { IntentRecord } from '../../audit/index.js';
import type { Config } from '../../config/config.js';
import type { Caller, Grant } from '../../domain/caller.js';
import { readGuardRails } from '../admission/guard-rails/rails.js';
import { recordedBody } from '../../hss/index.js';
import { denialNow, recordedCommand, type CurrentRules } from './admission-recheck.js';

const ALL: Grant = { operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] };
const BODY = JSON.stringify({
  operate_type: 'isolate_and_kill',
  operate_event_list: [
    {
      event_id: 'e-1',
      event_class_id: 'malware_1001',
      event_type: 1001,
      occur_time: 1,
      operate_detail_list: [
        { agent_id: 'agent', process_pid: 4_000, file_hash: 'ab', file_path: '/opt/vault/x' },
      ],
    },
  ],
});

const intentOf = (more: Partial<IntentRecord> = {}): IntentRecord => ({
  kind: 'intent',
  operationId: 'op-1',
  at: '2026-08-16T09:06:00.000Z',
  requestId: 'request-1',
  caller: 'portal',
  operation: 'isolate_and_kill',
  scope: { project: 'prod', projectId: 'p', region: 'cn-north-4', enterpriseProjectId: '0' },
  alarms: ['e-1'],
  ...more,
});

const caller = (grant: Partial<Grant> = {}, more: Partial<Caller> = {}): Caller => ({
  id: 'portal',
  grants: [{ ...ALL, ...grant }],
  ...more,
});

const now = (more: Partial<CurrentRules> = {}): CurrentRules => ({
  caller: caller(),
  projects: new Map([
    ['prod', { name: 'prod', region: 'cn-north-4', enterpriseProjectId: '0' }],
  ]) as unknown as Config['projects'],
  rails: readGuardRails(),
  braked: new Set(),
  ...more,
});

const lack = (present: Partial<CurrentRules>, intent = intentOf()) =>
  denialNow(intent, recordedCommand(intent, [recordedBody(BODY)]), now(present))?.code;

describe('an operation that was interrupted', () => {
  it('goes on where all is as it was', () => {
    expect(lack({})).toBeUndefined();
    // Somebody else's brake is no matter.
    expect(lack({ braked: new Set(['bot']) })).toBeUndefined();
  });

  it.each<[string, Partial<CurrentRules>, string]>([
    ['its caller is gone', { caller: undefined }, 'not_granted'],
    ['its caller may do it no more', { caller: caller({ operations: ['ignore'] }) }, 'not_granted'],
    ['its caller may not act there', { caller: caller({ projects: ['lab'] }) }, 'not_granted'],
    ['its caller may not act on such alarms', { caller: caller({ eventTypes: [4004] }) }, 'not_granted'],
    ['it named its alarms in full, and may no more', { caller: caller({ byIdOnly: true }) }, 'not_granted'],
    ['it is denied', { caller: caller({}, { denials: [{ operations: ['isolate_and_kill'] }] }) }, 'denied'],
    ['a rail stands in the way', { rails: readGuardRails({ paths: ['/opt/vault'] }) }, 'guard_rail'],
    ["its caller's brake is engaged", { braked: new Set(['portal']) }, 'brake_engaged'],
  ])('does not go on where %s', (_, present, code) => {
    expect(lack(present)).toBe(code);
  });

  it('is judged by the severities that were listed, where its alarms were looked up', () => {
    const critical = { caller: caller({ severities: ['Critical'] }) };
    const lookedUp = { digests: ['x'] };
    expect(lack(critical, intentOf({ severities: ['Critical'], lookedUp }))).toBeUndefined();
    expect(lack(critical, intentOf({ severities: ['Low'], lookedUp }))).toBe('not_granted');
    expect(lack({ caller: caller({ byIdOnly: true }) }, intentOf({ lookedUp }))).toBeUndefined();
  });

  it('is held by no brake where it takes something back', () => {
    const undo = intentOf({ operation: 'do_not_isolate_or_kill', undoes: 'op-0' });
    expect(lack({ braked: new Set(['portal']) }, undo)).toBeUndefined();
    expect(lack({ caller: undefined }, undo)).toBe('not_granted');
  });

  it('is asked nothing where it reverses what has expired', () => {
    const expired = intentOf({ operation: 'do_not_isolate_or_kill', undoes: 'op-0', expired: true });
    expect(lack({ caller: undefined }, expired)).toBeUndefined();
  });
});

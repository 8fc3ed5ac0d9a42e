import { describe, expect, it } from '@jest/globals';

import { OPERATION_NAMES, type OperationName } from '../domain/operation-type.js';
import { OPERATION_STATUSES } from '../domain/outcome.js';
import { ocsfViolations } from '../../test/support/ocsf.js';
import type { AuditRecord, IntentRecord, RefusalRecord } from './audit-record.js';
import { ocsfLine } from './ocsf.js';

const AT = '2026-08-16T09:05:22.701Z';
const operationId = '0198b2c5-7a10-7000-8000-000000000001';
const HASH = Buffer.alloc(32, 0xab);

const intentOf = (operation: OperationName, more: Partial<IntentRecord> = {}): IntentRecord => ({
  ...{ kind: 'intent', at: AT, operationId, operation, requestId: 'request-1', caller: 'portal' },
  scope: { project: 'prod', region: 'cn-north-4', projectId: 'p-1', enterpriseProjectId: '0' },
  alarms: ['event-1'],
  ...more,
});
const detail = {
  agent_id: 'agent-1',
  process_pid: 3123,
  file_path: '/tmp/evil.sh',
  file_hash: 'ab'.repeat(32),
};
const requestOf = (...details: object[]) =>
  JSON.stringify({ operate_event_list: [{ event_id: 'event-1', operate_detail_list: details }] });
const bodyOf = (intent: IntentRecord, ...requests: string[]) =>
  `${JSON.stringify(intent).slice(0, -1)},"requests":[${requests.join(',')}]}`;

function eventOf(record: AuditRecord | string, intent?: string) {
  const body = typeof record === 'string' ? record : JSON.stringify(record);
  const line = ocsfLine({ position: 7, body, hash: HASH }, intent);
  expect(line).not.toContain('\n');
  const event = JSON.parse(line) as Record<string, unknown>;
  expect(ocsfViolations(event)).toEqual([]);
  return event;
}
const outcome = {
  kind: 'outcome',
  at: AT,
  operationId,
  status: 'applied',
  chunks: [{ alarms: 1, outcome: 'applied' }],
} as const;

describe('the event of a record', () => {
  it('says who wanted what, where, and which record it is of', () => {
    const intent = intentOf('mark_as_handled', { onBehalfOf: 'jane', remark: 'why' });
    expect(eventOf(bodyOf(intent, requestOf(detail)))).toMatchObject({
      class_uid: 6003,
      time: Date.parse(AT),
      actor: { app_uid: 'portal', user: { name: 'jane' } },
      api: { operation: 'mark_as_handled', request: { uid: 'request-1' } },
      cloud: { provider: 'Huawei Cloud', project_uid: 'p-1', region: 'cn-north-4' },
      resources: [{ uid: 'event-1', type: 'Alarm' }],
      metadata: {
        product: { name: 'hss-gateway', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
        uid: '7',
        sequence: 7,
        event_code: 'intent',
        correlation_uid: operationId,
      },
      unmapped: { hash: 'ab'.repeat(32), remark: 'why' },
    });
  });

  it('carries nothing of what was sent but the process and the file', () => {
    const secretive = { ...detail, keyword: 'planted-keyword' };
    const intent = bodyOf(intentOf('isolate_and_kill'), requestOf(secretive));
    for (const event of [eventOf(intent), eventOf(outcome, intent)])
      expect(JSON.stringify(event)).not.toContain('planted');
  });

  it('of a process that was killed names it, its file and its host', () => {
    const host = { id: 'host-1', name: 'web-1', privateIp: '10.0.0.7' };
    const intent = bodyOf(
      intentOf('isolate_and_kill', { seen: [{ name: 'Malware', host }] }),
      requestOf(detail),
    );
    expect(eventOf(outcome, intent)).toMatchObject({
      ...{ class_uid: 7003, activity_name: 'Evict', status: 'Success', command_uid: operationId },
      process: {
        pid: 3123,
        file: { name: 'evil.sh', path: '/tmp/evil.sh', hashes: [{ algorithm: 'SHA-256' }] },
      },
      device: { uid: 'host-1', name: 'web-1', hostname: 'web-1', ip: '10.0.0.7' },
    });
  });

  it.each([
    ['of what may not be a host name, gives it as a name', { name: 'web 1' }, { name: 'web 1' }],
    ['of what is no address, leaves it out', { id: 'h', privateIp: 'none' }, { uid: 'h' }],
  ])('%s', (_, host, device) => {
    const intent = bodyOf(intentOf('isolate_and_kill', { seen: [{ host }] }), requestOf(detail));
    expect(eventOf(outcome, intent)['device']).toEqual({ type_id: 0, type: 'Unknown', ...device });
  });

  it.each<[string, Partial<IntentRecord>, string[], number]>([
    ['one process', {}, [requestOf(detail)], 7003],
    ['one file', {}, [requestOf({ ...detail, process_pid: undefined })], 7002],
    ['several details', {}, [requestOf(detail, detail)], 7001],
    ['several alarms', { alarms: ['event-1', 'event-2'] }, [requestOf(detail)], 7001],
    ['bodies that were left out', {}, [], 7001],
  ])('of an isolation of %s is of the class for it', (_, more, requests, classUid) => {
    const intent = bodyOf(intentOf('isolate_and_kill', more), ...requests);
    expect(eventOf(outcome, intent)['class_uid']).toBe(classUid);
  });

  it('of a file that was put back names it', () => {
    const target = { hostId: 'host-1', filePath: 'C:\\Temp\\evil.exe', fileHash: 'ab'.repeat(16) };
    const intent = intentOf('restore_isolated_files', { alarms: [], items: [{ id: 'item-1', target }] });
    expect(eventOf(outcome, bodyOf(intent))).toMatchObject({
      ...{ class_uid: 7002, activity_name: 'Restore' },
      file: { name: 'evil.exe', hashes: [{ algorithm: 'MD5' }] },
      device: { uid: 'host-1' },
      observables: [{ name: 'item', value: 'item-1' }],
    });
  });

  it('names a hundred targets at most', () => {
    const alarms = Array.from({ length: 10_000 }, (_, index) => `event-${index}`);
    const intent = bodyOf(intentOf('isolate_and_kill', { alarms }));
    expect(eventOf(intent)['resources']).toHaveLength(100);
    expect(eventOf(outcome, intent)['observables']).toHaveLength(100);
  });

  it('is right for every operation, status and kind', () => {
    for (const operation of OPERATION_NAMES) {
      const intent = bodyOf(intentOf(operation), requestOf(detail));
      eventOf(intent);
      for (const status of OPERATION_STATUSES) {
        const fault = { code: 'timeout', status: 504, detail: 'No answer.', retryable: true };
        eventOf({ ...outcome, status, chunks: [{ alarms: 1, outcome: 'unknown', fault }] }, intent);
        const alarms = [{ eventId: 'event-1', outcome: 'unknown' }] as const;
        eventOf({ kind: 'settlement', at: AT, operationId, status, alarms, settled: false }, intent);
      }
      for (const name of ['applied', 'already', 'rejected', 'not_attempted', 'unknown'] as const)
        eventOf(
          { kind: 'chunk', at: AT, operationId, index: 0, chunk: { alarms: 1, outcome: name } },
          intent,
        );
      eventOf({ kind: 'pause', at: AT, operationId, chunk: 1 }, intent);
      eventOf({ kind: 'cancellation', at: AT, operationId, requestId: 'r-2', caller: 'portal' }, intent);
    }
    // Of an operation whose intent is no longer there.
    eventOf(outcome);
  });

  it('of a refusal says what was refused, to whom and why', () => {
    const refusal: RefusalRecord = {
      ...{ kind: 'refusal', at: AT, requestId: 'request-1', method: 'POST', route: '/v1/operations' },
      ...{ address: '198.51.100.7', code: 'invalid_key', status: 401, detail: 'Authentication failed.' },
    };
    expect(eventOf(refusal)).toMatchObject({
      ...{ activity_name: 'Create', status: 'Failure', status_code: 'invalid_key' },
      actor: { app_name: 'unauthenticated' },
      api: { operation: 'POST /v1/operations', response: { code: 401 } },
      src_endpoint: { ip: '198.51.100.7' },
    });
    eventOf({ ...refusal, caller: 'portal', address: 'unix:', method: 'PROPFIND' });
    const counts = { invalid_key: 3, rate_limited: 2 };
    const summary = { kind: 'refusal_summary', at: AT, from: AT, to: AT, counts, addresses: 2 } as const;
    expect(eventOf(summary)).toMatchObject({ count: 5, unmapped: { counts } });
  });

  it('of a brake says whose it is and who released it', () => {
    const brake = { kind: 'brake', at: AT, requestId: 'r', caller: 'bot' } as const;
    expect(eventOf({ ...brake, engaged: true, hosts: 21, mostHosts: 20 })).toMatchObject({
      ...{
        severity: 'Medium',
        actor: { app_uid: 'hss-gateway' },
        unmapped: { caller: 'bot', engaged: true },
      },
    });
    expect(eventOf({ ...brake, engaged: false, by: 'portal', onBehalfOf: 'jane' })).toMatchObject({
      ...{ severity: 'Informational', actor: { app_uid: 'portal', user: { name: 'jane' } } },
    });
  });
});

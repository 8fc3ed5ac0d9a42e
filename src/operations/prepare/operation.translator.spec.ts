import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { requestBodies } from './operation.translator.js';

type Request = Parameters<typeof requestBodies>[0];

const alarm = { eventId: 'e-1', eventClassId: 'rootkit_0001', eventType: 1010, occurTime: 1_672_046_760_353 };
const request = (more: Partial<Request> = {}): Request => ({ operation: 'ignore', alarms: [alarm], ...more });
const bodiesOf = (of: Request) =>
  requestBodies(of).map(({ text }) => JSON.parse(text) as Record<string, unknown>);

describe('what goes upstream', () => {
  it("carries what was given, under upstream's names, and nothing else", () => {
    const details = [
      {
        agentId: 'agent',
        processPid: 0,
        fileHash: 'fh',
        filePath: '/x',
        fileAttr: 33_261,
        keyword: 'k',
        hash: 'h',
        privateIp: '10.0.0.1',
        loginIp: '203.0.113.1',
        loginUserName: 'root',
        containerId: 'cid',
        containerName: '/c',
      },
      { fileAttr: '33261' },
    ];
    expect(bodiesOf(request({ remark: 'SEC-1', alarms: [{ ...alarm, details }] }))).toEqual([
      {
        operate_type: 'ignore',
        handler: 'SEC-1',
        operate_event_list: [
          {
            event_class_id: 'rootkit_0001',
            event_id: 'e-1',
            event_type: 1010,
            occur_time: 1_672_046_760_353,
            operate_detail_list: [
              {
                agent_id: 'agent',
                process_pid: 0,
                file_hash: 'fh',
                file_path: '/x',
                file_attr: 33_261,
                keyword: 'k',
                hash: 'h',
                private_ip: '10.0.0.1',
                login_ip: '203.0.113.1',
                login_user_name: 'root',
                container_id: 'cid',
                container_name: '/c',
              },
              { file_attr: '33261' },
            ],
          },
        ],
      },
    ]);
  });

  it('has an empty list of details where none were given', () => {
    expect(bodiesOf(request())).toMatchObject([{ operate_event_list: [{ operate_detail_list: [] }] }]);
  });

  it('writes every occurTime as a whole number with all its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.boolean(), (time, asText) => {
        const occurTime = asText
          ? String(time)
          : time <= BigInt(Number.MAX_SAFE_INTEGER)
            ? Number(time)
            : time;
        const [body] = requestBodies(request({ alarms: [{ ...alarm, occurTime }] }));
        expect(/"occur_time":(\d+)[,}]/.exec(body?.text ?? '')?.[1]).toBe(String(time));
      }),
    );
  });

  it.each([
    ['2026-08-16T17:05:22.701+08:00', '1786871122701'],
    [-0, '0'],
  ])('writes the occurTime %j as %s', (occurTime, digits) => {
    const [body] = requestBodies(request({ alarms: [{ ...alarm, occurTime }] }));
    expect(body?.text).toContain(`"occur_time":${digits},`);
  });

  it('keeps the whole rule of a whitelist, false included', () => {
    const whitelistRules = [
      {
        eventType: 3007,
        fieldKey: 'file/process hash',
        fieldValue: 'v',
        judgeType: 'equal',
        scope: false,
        agentIds: ['a'],
        instanceIds: ['i'],
      },
      { eventType: 1, fieldKey: 'username', fieldValue: 'v', judgeType: 'contain' },
    ];
    expect(bodiesOf(request({ whitelistRules }))).toMatchObject([
      {
        event_white_rule_list: [
          {
            event_type: 3007,
            field_key: 'file/process hash',
            field_value: 'v',
            judge_type: 'equal',
            scope: false,
            agent_ids: ['a'],
            instance_ids: ['i'],
          },
          { event_type: 1, field_key: 'username', field_value: 'v', judge_type: 'contain' },
        ],
      },
    ]);
    expect(
      Object.keys((bodiesOf(request({ whitelistRules }))[0]?.['event_white_rule_list'] as object[])[1] ?? {}),
    ).toHaveLength(4);
  });

  it('comes in parts of at most a hundred alarms, in order, none lost and none twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 350 }), (count) => {
        const alarms = Array.from({ length: count }, (_, index) => ({ ...alarm, eventId: `e-${index}` }));
        const parts = bodiesOf(request({ alarms })).map(
          (body) => body['operate_event_list'] as { event_id: string }[],
        );
        expect(parts.slice(0, -1).every((part) => part.length === 100)).toBe(true);
        expect(parts.at(-1)?.length).toBe(((count - 1) % 100) + 1);
        expect(parts.flat().map(({ event_id }) => event_id)).toEqual(alarms.map(({ eventId }) => eventId));
      }),
      { numRuns: 30 },
    );
  });

  it('has the rules of a whitelist in its first part only', () => {
    const alarms = Array.from({ length: 201 }, (_, index) => ({ ...alarm, eventId: `e-${index}` }));
    const whitelistRules = [{ eventType: 1, fieldKey: 'username', fieldValue: 'v', judgeType: 'equal' }];
    const bodies = bodiesOf(request({ alarms, whitelistRules, remark: 'r' }));
    expect(bodies.map((body) => 'event_white_rule_list' in body)).toEqual([true, false, false]);
    expect(bodies.map((body) => body['handler'])).toEqual(['r', 'r', 'r']);
  });

  it('is refused a time that nobody checked', () => {
    expect(() => requestBodies(request({ alarms: [{ ...alarm, occurTime: 1.5 }] }))).toThrow('not validated');
  });
});

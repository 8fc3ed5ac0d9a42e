import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ProjectConfig } from '../config/config.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import type { Scope } from '../domain/scope.js';
import { targetOf } from '../upstream/transport.js';
import { callFor, callBody, recordedBody } from './calls.js';

const project = { name: 'prod', projectId: 'p-1', region: 'cn-north-4' } as ProjectConfig;
const scope: Scope = { project: 'prod', region: 'cn-north-4', projectId: 'p-1', enterpriseProjectId: '0' };

const BODY = recordedBody('{}');

describe('an operate call', () => {
  it('names where it acts in path and query', () => {
    const call = callFor('ignore', { ...scope, containerId: 'c d', containerName: '/ä&b' }, project, BODY);
    expect(call).toMatchObject({ name: 'ChangeEvent', method: 'POST', body: BODY, project });
    expect(targetOf(call)).toBe(
      '/v5/p-1/event/operate?enterprise_project_id=0&container_id=c%20d&container_name=%2F%C3%A4%26b',
    );
  });

  it('names no container where there is none', () => {
    expect(targetOf(callFor('ignore', scope, project, BODY))).toBe(
      '/v5/p-1/event/operate?enterprise_project_id=0',
    );
  });

  it("may be repeated freely only where it sets the alarm's own state", () => {
    const freely = OPERATION_TYPE_NAMES.filter(
      (name) => callFor(name, scope, project, BODY).repeatable === 'freely',
    );
    expect(freely.sort()).toEqual(['do_not_ignore', 'ignore', 'mark_as_handled', 'unhandle']);
  });

  it('that takes something back has a priority of its own', () => {
    const reversals = OPERATION_TYPE_NAMES.filter(
      (name) => callFor(name, scope, project, BODY).priority === 'reversal',
    );
    expect(reversals.sort()).toEqual([
      'do_not_ignore',
      'do_not_isolate_or_kill',
      'remove_from_alarm_whitelist',
      'remove_from_login_whitelist',
      'unhandle',
    ]);
  });
});

describe('the request target', () => {
  it('carries any text and comes back as it was, made of nothing but unreserved characters', () => {
    const reserved = fc.constantFrom(...'!\'()*&=+%/?#:@ "<>');
    const any = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    const text = fc.string({ unit: fc.oneof(reserved, any), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (query) => {
        const target = targetOf({ path: '/v5/p', query });
        expect(target).toMatch(/^\/v5\/p(\?[\w.~%=&-]*)?$/);
        expect(target).not.toMatch(/[\r\n\0 #]/);
        expect([...new URL(target, 'http://upstream').searchParams]).toEqual(query);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the body of an operate call', () => {
  const event = { event_class_id: 'c', event_id: 'e', event_type: 1, operate_detail_list: [] };

  it.each([
    [1_672_046_760_353, '1672046760353'],
    [9_223_372_036_854_775_807n, '9223372036854775807'],
  ])('has the time %p as an integer', (time, digits) => {
    const body = callBody({
      operate_type: 'ignore',
      operate_event_list: [{ ...event, occur_time: time }],
    });
    expect(body.text).toContain(`"occur_time":${digits}}`);
  });

  it('is the same text whichever way it was written', () => {
    const events = [
      { ...event, occur_time: 5, operate_detail_list: [{ file_path: 'ä"\\\u2028', process_pid: 0 }] },
    ];
    const { text: plain } = callBody({ operate_type: 'ignore', handler: 'r', operate_event_list: events });
    const { text: exact } = callBody({
      operate_type: 'ignore',
      handler: 'r',
      operate_event_list: [...events, { ...event, occur_time: 2n ** 60n }],
    });
    expect(JSON.parse(plain)).toEqual({ operate_type: 'ignore', handler: 'r', operate_event_list: events });
    expect(exact.startsWith(plain.slice(0, -2))).toBe(true);
  });
});

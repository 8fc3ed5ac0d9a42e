import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { DryRunDto } from '../src/operations/dry-run/dry-run.dto.js';
import { KEY, startRig, unhurried, type Rig } from './support/gateway.js';
import { problemOf, requestsUpstream } from './support/problems.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers: [unhurried], dropIn: { passUnknownFields: true } });
});
afterAll(() => rig.close());

const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');

/** More than a body may have of one thing; the thing alone decides, wherever in the body it is. */
const BEYOND: readonly [what: string, code: string, json: string][] = [
  ['levels', 'body_too_deep', `${'['.repeat(65)}${']'.repeat(65)}`],
  ['objects', 'body_too_complex', `[${list(100_000, () => '{}')}]`],
  ['lists', 'body_too_complex', `[${list(100_000, () => '[]')}]`],
  ['items', 'body_too_complex', `[${list(500_001, () => '1')}]`],
  ['members', 'body_too_complex', `{${list(500_001, () => '"a":1')}}`],
  ['names', 'body_too_complex', `{${list(1_001, (index) => `"a${index}":1`)}}`],
  ['names in many objects', 'body_too_complex', `[${list(1_001, (index) => `{"a${index}":1}`)}]`],
  ['long integers', 'body_too_complex', `[${list(30_001, () => '9007199254740993')}]`],
  ['long fractions', 'body_too_complex', `[${list(5_001, () => '0.12345678901234567')}]`],
  ['exponents', 'body_too_complex', `[${list(5_001, () => '1e5')}]`],
  ['digits', 'number_too_long', '9'.repeat(8_000_000)],
  ['digits of a fraction', 'number_too_long', `0.${'9'.repeat(100)}`],
  ['digits of an exponent', 'number_too_long', `1e${'9'.repeat(100)}`],
];

const ROUTES = [
  '/v1/operations',
  '/v1/plans',
  '/v1/alarm-whitelist/removals',
  '/v1/operations/0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d/undo',
];

describe('a body with more than any request has a use for', () => {
  it.each(BEYOND)('of %s is refused before it is looked into: %s', async (_, code, json) => {
    for (const [index, path] of ROUTES.entries()) {
      // As the body and in it, and where a wrong letter follows that nobody gets to.
      const raw =
        [json, `{"operation":"ignore","more":${json}}`, `{"remark":${json}`, `{"x":${json}x`][index] ?? '';
      const problem = problemOf(await rig.call('POST', path, undefined, { raw }));
      expect([path, problem.status, problem.code]).toEqual([path, 400, code]);
      expect(problem.detail).toMatch(/more than [\d,]+ |deeper than 64 levels/);
    }
    const answer = await rig.call('POST', `/v5/${rig.simulator.project.id}/event/operate`, undefined, {
      key: null,
      headers: { 'X-Auth-Token': KEY },
      raw: `{"operate_type":"ignore","operate_event_list":[],"more":${json}}`,
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'HSS.0002' } });
    expect(await requestsUpstream(rig)).toBe(0);
  });
});

describe('lists that are too long', () => {
  it.each<[string, string, string]>([
    ['/v1/operations', 'ids', `{"operation":"ignore","alarmIds":[${list(400_000, () => '1')}]}`],
    ['/v1/operations', 'alarms', `{"operation":"ignore","alarms":[${list(90_000, () => '{}')}]}`],
    ['/v1/isolated-files/restorations', 'items', `{"items":[${list(90_000, () => '{}')}]}`],
    ['/v1/plans', 'words', `{"operation":"ignore","selector":{"eventType":[${list(400_000, () => '"x"')}]}}`],
  ])('%s are told so, and not read to their end: %s', async (path, _, raw) => {
    const problem = problemOf(await rig.call('POST', path, undefined, { raw }));
    expect(problem.code).toBe('invalid_request');
    expect(problem.violations?.length).toBeLessThanOrEqual(200);
    expect(await requestsUpstream(rig)).toBe(0);
  });
});

describe('the largest of valid requests', () => {
  it('is within the bounds: 10,000 alarms in full, with long times and with fractions', async () => {
    const detail =
      '{"agentId":"a","processPid":12345,"fileHash":"h","filePath":"/opt/x","privateIp":"10.0.0.1","fileAttr":"x"}';
    const alarm = (index: number): string =>
      `{"eventId":"e-${index}","eventClassId":"malware_1001","eventType":1001,"occurTime":${9_223_372_036_854_700_000n + BigInt(index)},"details":[${detail},${detail}]}`;
    const raw = `{"operation":"ignore","alarms":[${list(10_000, alarm)}]}`;
    const answer = await rig.call('POST', '/v1/operations?dryRun=true', undefined, { raw });
    expect(answer.status).toBe(200);
    expect((answer.body as DryRunDto).alarms).toHaveLength(10_000);
    expect(answer.text).toContain('9223372036854709999');
  });
});

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract, type ContractRequest } from './support/hss-contract.js';

/** The judge that other tests rely on: it must refuse what the contract refuses. */

const contract = loadHssContract();
const isolation = CONTRACT_PAYLOADS[8]!;
const good: ContractRequest = {
  method: 'POST',
  url: `https://hss.cn-north-4.myhuaweicloud.com/v5/0a1b/event/operate?${isolation.query}`,
  headers: [
    ['X-Auth-Token', 'token'],
    ['content-type', 'application/json'],
    ['region', 'cn-north-4'],
  ],
  bodyText: isolation.body,
};
const listing: ContractRequest = {
  method: 'GET',
  url: '/v5/0a1b/event/events?category=host&limit=10&event_types=1010&event_types=1001&auto_block=true',
  headers: { Authorization: 'SDK-HMAC-SHA256 Access=a, SignedHeaders=b, Signature=c' },
  bodyText: '',
};

describe('requests', () => {
  test('good ones pass', () => {
    expect(contract.requestViolations(good)).toEqual([]);
    expect(contract.requestViolations(listing)).toEqual([]);
  });

  test('the largest int64 passes, one more does not', () => {
    const at = (digits: string) => ({ ...good, bodyText: good.bodyText.replace('1786890011873', digits) });
    expect(contract.requestViolations(at('9223372036854775807'))).toEqual([]);
    expect(contract.requestViolations(at('9223372036854775808'))).toEqual([
      '9223372036854775808 is no int64',
    ]);
  });

  test.each<[RegExp, Partial<ContractRequest>]>([
    [/no call of the contract/, { url: '/v5/0a1b/event/handle' }],
    [/no call of the contract/, { method: 'PUT' }],
    [/no credential/, { headers: { 'content-type': 'application/json' } }],
    [/not declared JSON/, { headers: { 'X-Auth-Token': 't' } }],
    [/query scope is not documented/, { url: `${good.url}&scope=1` }],
    [/enterprise_project_id is sent 2 times/, { url: `${good.url}&enterprise_project_id=1` }],
    [/not JSON/, { bodyText: '{' }],
    [/\(is_parent\)/, { bodyText: good.bodyText.replace('"file_attr": "33261"', '"is_parent": true') }],
    [/'file_hash'/, { bodyText: good.bodyText.replace('"file_hash"', '"hash"') }],
    [
      /fewer than 1 items/,
      { bodyText: good.bodyText.replace(/"operate_detail_list": \[[^\]]*\]/, '"operate_detail_list": []') },
    ],
    [
      /must be equal to one of the allowed values/,
      { bodyText: good.bodyText.replace('isolate_and_kill', 'isolate') },
    ],
    [/'operate_event_list'/, { bodyText: '{"operate_type":"ignore"}' }],
  ])('%s', (expected, change) => {
    const violations = contract.requestViolations({ ...good, ...change });
    expect(violations.join('\n')).toMatch(expected);
  });

  test.each<[RegExp, string]>([
    [/category is missing/, '?limit=10'],
    [/query limit must be >= 10/, '?category=host&limit=9'],
    [/query limit must be integer/, '?category=host&limit=ten'],
    [/query event_types must be integer/, '?category=host&event_types=x'],
    [/query auto_block must be boolean/, '?category=host&auto_block=True'],
  ])('%s', (expected, query) => {
    const url = `/v5/0a1b/event/events${query}`;
    expect(contract.requestViolations({ ...listing, url }).join('\n')).toMatch(expected);
  });

  test('a GET with a body', () => {
    expect(contract.requestViolations({ ...listing, bodyText: '{}' })).toEqual([
      'a body is sent, and the call has none',
    ]);
  });
});

describe('responses', () => {
  const headers = { 'Content-Type': 'application/json;charset=UTF-8', 'X-Request-Id': 'r' };
  const answer = (status: number, bodyText: string, more: object = headers) => ({
    ...good,
    status,
    bodyText,
    headers: more as Record<string, string>,
  });
  const hss = '{"error_code":"HSS.0001","error_description":"d","error_msg":"m"}';

  test('good ones pass: nothing, {}, an error of each shape', () => {
    expect(contract.responseViolations(answer(200, '', { 'x-request-id': 'r' }))).toEqual([]);
    expect(contract.responseViolations(answer(200, '{}'))).toEqual([]);
    expect(contract.responseViolations(answer(400, hss))).toEqual([]);
    expect(
      contract.responseViolations(answer(400, '{"error_code":"00000010","error_description":"d"}')),
    ).toEqual([]);
  });

  test.each<[RegExp, ReturnType<typeof answer>]>([
    [/X-Request-Id is missing/, answer(200, '', {})],
    [/never answers 418/, answer(418, '')],
    [/more than 0 properties/, answer(200, '{"error_code":"HSS.0001"}')],
    [/\(extra\)/, answer(401, '{"error_code":"APIGW.0301","error_msg":"m","request_id":"r","extra":1}')],
    [/error_code must match/, answer(401, '{"error_code":"HSS.0001","error_msg":"m","request_id":"r"}')],
    [/never has content of type "text\/html"/, answer(400, hss, { ...headers, 'Content-Type': 'text/html' })],
    [/no call of the contract/, { ...answer(200, ''), url: '/v4' }],
  ])('%s', (expected, response) => {
    expect(contract.responseViolations(response).join('\n')).toMatch(expected);
  });
});

test('the simulator has every call of the document', async () => {
  const text = readFileSync(new URL('../../openapi/hss.yaml', import.meta.url), 'utf8');
  const { paths } = parseYaml(text) as { paths: Record<string, Record<string, unknown>> };
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => [method, path] as const),
  );
  expect(calls.length).toBeGreaterThan(20);
  const simulator = await startSimulator({ alarms: 0 });
  const client = new SimulatorClient(simulator);
  for (const [method, path] of calls) {
    const url = path.replace('{project_id}', simulator.project.id);
    const answer = await client.send(method.toUpperCase(), url, { body: '{}' });
    expect([method, path, answer.status]).not.toEqual([method, path, 404]);
  }
  await simulator.close();
});

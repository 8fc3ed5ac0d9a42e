import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { BEHIND_A_PROXY, from, newAddress } from './support/addresses.js';
import { KEY, startRig, type CallOptions, type Rig } from './support/gateway.js';
import { mutated, mutations } from './support/mutations.js';
import { anyRequest } from './support/operation-requests.js';
import {
  faultsIn,
  problemOf,
  recordsOf,
  refusalOf,
  requestsUpstream,
  sendRaw,
  type ProblemDocument,
} from './support/problems.js';

const alarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1_672_046_760_353,
};
const detail = { agentId: 'a', fileHash: 'h', filePath: '/x', processPid: 1, keyword: 'k', hash: 'h' };
const rule = { eventType: 3007, fieldKey: 'process_path', fieldValue: '/opt/x', judgeType: 'equal' };

/** A body that touches every field there is. */
const whole = {
  operation: 'add_to_alarm_whitelist',
  remark: 'SEC-1',
  scope: { project: 'test', enterpriseProjectId: '0', containerId: 'c', containerName: '/c' },
  alarms: [
    {
      ...alarm,
      details: [
        {
          ...detail,
          privateIp: '10.0.0.1',
          loginIp: '10.0.0.2',
          loginUserName: 'root',
          fileAttr: 'x',
          containerId: 'c',
          containerName: '/c',
        },
      ],
    },
  ],
  whitelistRules: [{ ...rule, agentIds: ['a'], instanceIds: ['i'], scope: false }],
};

let rig: Rig;
beforeAll(async () => {
  // Few enough that a request with one more stays small.
  rig = await startRig({ limits: { alarmsPerRequest: 1_000 }, listen: BEHIND_A_PROXY, docs: true });
});
afterAll(() => rig.close());
// Whatever a test of this file sends is refused: not even a token is asked for.
afterEach(async () => {
  expect(await requestsUpstream(rig)).toBe(0);
  expect(await recordsOf(rig, 'intent')).toEqual([]);
});

/** Sends what must be refused; answers the problem, and checks that the trail has the same. */
async function refused(
  body: unknown,
  options: CallOptions = {},
  path = '/v1/operations',
): Promise<ProblemDocument> {
  const problem = problemOf(await rig.call('POST', path, body, options));
  expect(problem.status).toBeGreaterThanOrEqual(400);
  expect(problem.status).toBeLessThan(500);
  const record = await refusalOf(rig, problem.requestId);
  expect(record).toMatchObject({
    caller: 'portal',
    route: '/v1/operations',
    method: 'POST',
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
  });
  expect(record?.pointers ?? []).toEqual(
    (problem.violations ?? []).map(({ pointer, parameter }) => pointer ?? `?${parameter}`),
  );
  return problem;
}

describe('a body that is no JSON object', () => {
  it.each<[string, string, string]>([
    ['cut off', '{"operation":', 'malformed_json'],
    ['with a comma too many', '{"operation":"ignore",}', 'malformed_json'],
    ['with single quotes', "{'operation':'ignore'}", 'malformed_json'],
    ['with a comment', '{} // x', 'malformed_json'],
    ['with NaN', '{"operation":NaN}', 'malformed_json'],
    ['with a line break in a string', '{"operation":"a\nb"}', 'malformed_json'],
    ['cut off, with a large number', '{"occurTime":9223372036854775807', 'malformed_json'],
    ['that is empty', '', 'empty_body'],
    ['that is blank', ' \r\n\t', 'empty_body'],
  ])('%s', async (_, raw, code) => {
    expect(await refused(undefined, { raw })).toMatchObject({ status: 400, code });
  });

  it.each(['null', '[]', '"ignore"', '1', 'true', '9223372036854775807', '1.00000000000000000001'])(
    '%s',
    async (raw) => {
      const problem = await refused(undefined, { raw });
      expect([problem.status, faultsIn(problem)]).toEqual([400, [' object']]);
    },
  );

  it('none at all', async () => {
    expect(faultsIn(await refused(undefined))).toEqual([' object']);
  });

  it('says where it breaks, never what stands there', async () => {
    const raw = '{\n"occurTime": 9223372036854775807,\n"remark": planted-secret}';
    const { detail } = await refused(undefined, { raw });
    expect(detail).toBe('The body is not JSON: it breaks at line 3, column 11.');
  });

  it('that is not UTF-8 is not mended', async () => {
    const head = `POST /v1/operations HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${KEY}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    const answer = await sendRaw(
      rig.gateway.url,
      `${head}Transfer-Encoding: chunked\r\n\r\n8\r\n{"a":"\xff\xfe\r\n0\r\n\r\n`,
    );
    expect(answer).toContain('"code":"malformed_json"');
    expect(answer).toContain('The body is not UTF-8.');
  });
});

describe('a body of another kind or size', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/problem+json',
    'json',
    '',
  ])('of content type %j', async (type) => {
    const problem = await refused(undefined, {
      raw: JSON.stringify(whole),
      headers: { 'Content-Type': type },
    });
    expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  it('larger than is read', async () => {
    const raw = JSON.stringify({ ...whole, remark: 'x'.repeat(rig.config.limits.bodyBytes) });
    expect(await refused(undefined, { raw })).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it.each([17, 60])('nested %d deep', async (depth) => {
    const raw = `${'{"alarms":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(faultsIn(await refused(undefined, { raw }))).toEqual([' depth']);
  });

  it.each(['{"alarms":', '['])('nested as deep as a body can be, by %s', async (open) => {
    const depth = 90_000;
    const raw = `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`;
    const { status, code } = await refused(undefined, { raw });
    expect([status, ['body_too_deep', 'invalid_request'].includes(code)]).toEqual([400, true]);
  });

  it('with more wrong than anybody would read is answered briefly', async () => {
    const raw = JSON.stringify({
      operation: 'ignore',
      alarms: Array.from({ length: 20_000 }, () => ({ x: 1 })),
    });
    const problem = await refused(undefined, { raw });
    expect(problem.violations).toHaveLength(200);
    expect(problem.detail).toContain('200 or more errors');
  });
});

describe('a field of the wrong type', () => {
  const WRONG: readonly unknown[] = [null, true, 'x\n', -1, 1.5, [], {}, [[]], [null]];

  /** The pointer of every value in the whole request, containers included. */
  function pointersIn(value: unknown, at = ''): string[] {
    if (typeof value !== 'object' || value === null) return [at];
    return [
      ...(at === '' ? [] : [at]),
      ...Object.entries(value).flatMap(([name, item]) => pointersIn(item, `${at}/${name}`)),
    ];
  }

  function replaced(pointer: string, value: unknown): unknown {
    const copy = structuredClone(whole) as unknown;
    const names = pointer.split('/').slice(1);
    const last = names.pop() ?? '';
    const parent = names.reduce((at, name) => (at as Record<string, unknown>)[name], copy);
    (parent as Record<string, unknown>)[last] = value;
    return copy;
  }

  it.each(pointersIn(whole))('at %s is told with its pointer', async (pointer) => {
    for (const wrong of WRONG) {
      const fits =
        pointer.endsWith('/scope') &&
        (wrong === true || (typeof wrong === 'object' && !Array.isArray(wrong) && wrong !== null));
      if (fits) continue;
      if (pointer.endsWith('/details/0') && JSON.stringify(wrong) === '{}') continue;
      const problem = problemOf(await rig.operate(replaced(pointer, wrong)));
      const above = pointer.replace(/\/\d+$/, '');
      const told = (problem.violations ?? []).map((violation) => violation.pointer ?? '');
      expect([
        JSON.stringify(wrong),
        problem.status,
        told.some((each) => each.startsWith(pointer) || each === above),
      ]).toEqual([JSON.stringify(wrong), 400, true]);
    }
  });

  it('a number that cannot be held is no number', async () => {
    for (const literal of [
      '1e400',
      '1e-400',
      '1672046760353.0000001',
      '9223372036854775808',
      '-1',
      '1e19',
      '9007199254740993.0',
    ]) {
      const raw = JSON.stringify({ operation: 'ignore', alarms: [alarm] }).replace('1672046760353', literal);
      expect([literal, faultsIn(await refused(undefined, { raw }))]).toEqual([
        literal,
        ['/alarms/0/occurTime occur_time'],
      ]);
    }
    const raw = JSON.stringify({ operation: 'ignore', alarms: [alarm] }).replace(
      '}]',
      '}],"scope":1.00000000000000000001',
    );
    expect(faultsIn(await refused(undefined, { raw }))).toEqual(['/scope object']);
  });
});

describe('characters that could end a header, a line or a string', () => {
  const PATHS: readonly (readonly (string | number)[])[] = [
    ['operation'],
    ['remark'],
    ['scope', 'project'],
    ['scope', 'enterpriseProjectId'],
    ['scope', 'containerId'],
    ['scope', 'containerName'],
    ...['eventId', 'eventClassId', 'occurTime'].map((name) => ['alarms', 0, name]),
    ...[
      'agentId',
      'fileHash',
      'filePath',
      'fileAttr',
      'keyword',
      'hash',
      'privateIp',
      'loginIp',
      'loginUserName',
      'containerId',
      'containerName',
    ].map((name) => ['alarms', 0, 'details', 0, name]),
    ...['fieldKey', 'fieldValue', 'judgeType', 'agentIds', 'instanceIds'].map((name) => [
      'whitelistRules',
      0,
      name,
    ]),
  ];
  const bad = fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\0',
    '\u001b',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u2029',
    '\ud800',
    '\udc00',
  );
  const good = fc.string({ unit: fc.constantFrom(...'abc-/: ä') });

  it('are refused in every string of a request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), good, bad, good, async (path, before, middle, after) => {
        const text = before + middle + after;
        const body = structuredClone(whole) as unknown;
        const last = path.at(-1) ?? '';
        const parent = path.slice(0, -1).reduce((at, name) => (at as Record<string, unknown>)[name], body);
        (parent as Record<string, unknown>)[last] = String(last).endsWith('Ids') ? [text] : text;
        const problem = await refused(body);
        expect(problem.violations?.map(({ pointer }) => pointer)).toContain(`/${path.join('/')}`);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, string]>([
    ['NUL in a header', 'X-Api-Key: a\0b\r\n'],
    ['a line feed in a header', 'X-Api-Key: a\nb\r\n'],
    ['a header that goes on in the next line', 'X-Api-Key: a\r\n b\r\n'],
    ['two lengths', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'],
    ['a header name with a blank', 'X Api Key: a\r\n'],
  ])('%s is no HTTP, and is recorded as such', async (_, header) => {
    const answer = await sendRaw(
      rig.gateway.url,
      `POST /v1/operations HTTP/1.1\r\nHost: x\r\n${header}\r\n{}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as ProblemDocument;
    expect(problem).toMatchObject({ status: 400, code: 'malformed_http', retryable: false });
    expect(await refusalOf(rig, problem.requestId)).toMatchObject({
      code: 'malformed_http',
      address: '127.0.0.1',
    });
  });

  it('more headers than anybody needs are refused', async () => {
    const answer = await sendRaw(
      rig.gateway.url,
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"headers_too_large"');
  });

  it('a request id that is no plain word is not taken over', async () => {
    for (const id of ['a b', 'a"b', 'ä', 'x'.repeat(129), '../x', '<script>']) {
      const { requestId } = await refused(
        {},
        { headers: { 'X-Request-Id': Buffer.from(id).toString('latin1') } },
      );
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(await refused({}, { headers: { 'X-Request-Id': 'a.b:c_d-1' } })).toMatchObject({
      requestId: 'a.b:c_d-1',
    });
  });
});

describe('what is not there', () => {
  it('a project', async () => {
    const problem = await refused({ operation: 'ignore', alarms: [alarm], scope: { project: 'tset' } });
    expect(problem.violations).toEqual([
      {
        pointer: '/scope/project',
        rule: 'unknown_project',
        message: 'project is not a project of this gateway',
        allowed: ['test'],
      },
    ]);
  });

  it.each<[string, object, string, string]>([
    ['the request', { ...whole, remarks: 'x' }, '/remarks', 'remark'],
    ['the scope', { ...whole, scope: { ...whole.scope, projct: 'x' } }, '/scope/projct', 'project'],
    [
      'an alarm',
      { ...whole, alarms: [{ ...whole.alarms[0], event_id: 'x' }] },
      '/alarms/0/event_id',
      'eventId',
    ],
    [
      'a detail',
      { ...whole, alarms: [{ ...alarm, details: [{ ...detail, filehash: 'x' }] }] },
      '/alarms/0/details/0/filehash',
      'fileHash',
    ],
    [
      'a rule',
      { ...whole, whitelistRules: [{ ...rule, judgetype: 'x' }] },
      '/whitelistRules/0/judgetype',
      'judgeType',
    ],
  ])('a field of %s, with what was probably meant', async (_, body, pointer, meant) => {
    const name = pointer.split('/').at(-1);
    expect((await refused(body)).violations).toEqual([
      {
        pointer,
        rule: 'unknown_field',
        message: `"${name}" is not a field here; did you mean ${meant}?`,
        allowed: expect.arrayContaining([meant]),
      },
    ]);
  });

  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
    'then',
    'isLosslessNumber',
  ])('a field named %s, at any level', async (name) => {
    const plant = (text: string) => text.replaceAll('{', `{"${name}":{"polluted":true},`);
    const raw = plant(JSON.stringify(whole));
    const pointers = ['', '/alarms/0', '/alarms/0/details/0', '/scope', '/whitelistRules/0'];
    expect(faultsIn(await refused(undefined, { raw }))).toEqual(
      pointers.map((at) => `${at}/${name} unknown_field`).sort(),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['mark_as_unhandled', 'unhandle'],
    ['isolate', 'isolate_and_kill'],
    ['Ignore', 'ignore'],
    ['add_to_login_whitlist', 'add_to_login_whitelist'],
  ])('the operation type %s, with what was probably meant', async (operation, meant) => {
    expect((await refused({ operation, alarms: [alarm] })).violations).toEqual([
      {
        pointer: '/operation',
        rule: 'one_of',
        message: expect.stringContaining(`did you mean ${meant}?`),
        allowed: [...OPERATION_TYPE_NAMES],
      },
    ]);
  });

  it('a parameter that nobody reads: a wish for a dry run is not answered with an act', async () => {
    const problem = await refused(
      { operation: 'ignore', alarms: [alarm] },
      {},
      '/v1/operations?dry_run=true&x=1',
    );
    expect(faultsIn(problem)).toEqual(['?dry_run unknown_field', '?x unknown_field']);
  });

  it.each<[string, string, number]>([
    ['GET', '/v1/nothing', 404],
    ['PUT', '/v1/operations', 405],
    ['DELETE', '/v1/operations', 405],
    ['GET', '/v1/operations/', 404],
    ['GET', '/V1/operations', 404],
    ['GET', '/v1/operations/%E0%A4%A', 400],
    ['GET', `/v1/operations/${'x'.repeat(300)}`, 414],
    ['GET', '/v1/operations/not-an-id', 404],
    ['GET', '/v1/operations?limit=0', 400],
    ['GET', '/v1/operations?limit=1&limit=2', 400],
    ['GET', '/v1/operations?caller=', 400],
    ['GET', '/v1/operations?caller=chat-bot', 403],
    ['GET', '/v1/operations?__proto__=x', 400],
  ])('%s %s is %d', async (method, path, status) => {
    // Of one address that proves nothing only a few are recorded.
    const problem = problemOf(await rig.call(method, path, undefined, { headers: from(newAddress()) }));
    expect(problem.status).toBe(status);
    expect(await refusalOf(rig, problem.requestId)).toMatchObject({ status, code: problem.code, method });
  });
});

describe('alarms', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...alarm, eventId: `e-${index}` }));

  it('none', async () => {
    expect(faultsIn(await refused({ operation: 'ignore', alarms: [] }))).toEqual(['/alarms list']);
  });

  it('a thousand and one', async () => {
    const problem = await refused({ operation: 'ignore', alarms: many(1_001) });
    expect(problem.violations).toEqual([
      {
        pointer: '/alarms',
        rule: 'too_many',
        message: 'alarms has 1001 entries; send at most 1000 in one request',
        allowed: '1 to 1000',
      },
    ]);
  });

  it('one of them twice', async () => {
    expect(faultsIn(await refused({ operation: 'ignore', alarms: [...many(3), alarm, ...many(1)] }))).toEqual(
      ['/alarms/4/eventId distinct'],
    );
  });

  it('with a hundred and one details', async () => {
    const details = Array.from({ length: 101 }, () => ({}));
    expect(faultsIn(await refused({ operation: 'ignore', alarms: [{ ...alarm, details }] }))).toEqual([
      '/alarms/0/details list',
    ]);
  });
});

describe('whatever else', () => {
  const asJson = (value: unknown) =>
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `!${item}!` : item)).replace(
      /"!(-?\d+)!"/g,
      '$1',
    );
  const id = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
  const file = { hostId: 'h', fileHash: 'f', filePath: '/x', fileAttr: '1' };
  const login = { privateIp: '10.0.0.1', loginIp: '10.0.0.2', loginUserName: 'root' };
  const selector = { status: 'unhandled', severities: ['High'], eventTypes: [1010] };
  const scope = { project: 'test', enterpriseProjectId: '0' };
  const twice = (item: object) => ({ items: [item, { ...item }], remark: 'SEC-1', scope });

  it.each<[string, fc.Arbitrary<object>]>([
    ['/v1/operations', anyRequest],
    [`/v1/operations/${id}/undo`, fc.constant({ remark: 'SEC-1' })],
    [
      '/v1/plans',
      fc.constant({
        ...{ operation: 'add_to_alarm_whitelist', selector, limit: 5, scope, remark: 'SEC-1' },
        whitelistRules: [rule],
      }),
    ],
    [`/v1/plans/${id}/apply`, fc.constant({ digest: 'ab'.repeat(32) })],
    ['/v1/alarm-whitelist/removals', fc.constant(twice({ eventType: 1010, hash: 'h', description: '' }))],
    ['/v1/login-whitelist/removals', fc.constant(twice(login))],
    ['/v1/isolated-files/restorations', fc.constant(twice(file))],
    ['/v1/isolated-files/deletions', fc.constant(twice(file))],
    [
      '/v1/blocked-addresses/unblockings',
      fc.constant(twice({ hostId: 'h', sourceIp: '10.0.0.1', loginType: 'ssh' })),
    ],
  ])('sent to %s is answered with all that is wrong, never with an error of ours', async (path, bodies) => {
    await fc.assert(
      fc.asyncProperty(bodies, mutations, async (body, changes) => {
        const raw = asJson(mutated(body, changes)).replace(/^\{/, '{"nowhere":1,').replace(',}', '}');
        // As good as no body, which an undoing may do without.
        fc.pre(raw !== 'null');
        const problem = problemOf(await rig.call('POST', path, undefined, { raw }));
        expect([problem.status, problem.code]).toEqual([400, 'invalid_request']);
        expect(problem.violations?.length).toBeGreaterThan(0);
      }),
      { numRuns: path === '/v1/operations' ? 300 : 100 },
    );
  });
});

describe('a file that is not served', () => {
  it.each<[string, string, number, string]>([
    ['/docs/../../package.json', '', 404, 'no_such_route'],
    ['/docs/%2e%2e/%2e%2e/package.json', '', 404, 'no_such_route'],
    ['/docs/..%2f..%2fpackage.json', '', 404, 'no_such_route'],
    ['/docs/..\\..\\package.json', '', 404, 'no_such_route'],
    ['/docs/.git/config', '', 404, 'no_such_route'],
    ['/docs/swagger-ui.css/', '', 404, 'no_such_route'],
    ['/docs/nothing.js', '', 404, 'no_such_route'],
    ['/docs/%00', '', 404, 'no_such_route'],
    ['/docs/%zz', '', 400, 'bad_request'],
    ['/docs/swagger-ui.css', 'Range: bytes=99999999-', 400, 'bad_request'],
    ['/docs/swagger-ui.css', 'If-Match: "x"', 400, 'bad_request'],
  ])('%s %s is a %d with its own code, %s', async (path, header, status, code) => {
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      ...(header === '' ? [] : [header]),
    ];
    const answer = await sendRaw(rig.gateway.url, `${lines.join('\r\n')}\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(`"status":${status},"code":"${code}"`);
    expect(answer).not.toContain('hss-gateway"');
  });
});

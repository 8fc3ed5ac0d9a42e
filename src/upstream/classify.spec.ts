import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { HSS_ERRORS } from '../hss/error-table.js';
import { ACTED, classify, READ, TOKEN_CREATED, type Reading, type Success } from './classify.js';
import type { Answer } from './transport.js';

const answer = (status: number, body: unknown = '', headers: Answer['headers'] = {}): Answer => ({
  reached: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const read = (of: Parameters<typeof classify>[0], success: Success = ACTED): Reading =>
  classify(of, success, [], HSS_ERRORS);
const rowOf = (reading: Reading) => (reading.ok ? 'ok' : `${reading.row.verdict} ${reading.row.code}`);
const UNREADABLE = 'unknown upstream_unreadable';

/** An error in each of the shapes that this vendor's services have (contract 5.1), by its code and its words. */
const SHAPES: readonly (readonly [string, (code: unknown, message: unknown) => object])[] = [
  ['error_code', (error_code, error_msg) => ({ error_code, error_msg })],
  ['errorCode', (errorCode, errorMsg) => ({ errorCode, errorMsg })],
  ['code', (code, message) => ({ code, message })],
  ['error.code', (code, message) => ({ error: { code, message, title: 'x' } })],
  ['error.error_code', (error_code, error_msg) => ({ error: { error_code, error_msg } })],
  ['error.errorCode', (errorCode, errorMsg) => ({ error: { errorCode, errorMsg } })],
  ['error_description', (error_code, error_description) => ({ error_code, error_description })],
];

describe('an exchange without an answer', () => {
  it.each(['timeout', 'ECONNRESET', 'answer_too_large'])(
    'that was sent is of unknown outcome: %s',
    (cause) => {
      expect(rowOf(read({ reached: 'sent', cause }))).toBe('unknown upstream_unanswered');
    },
  );

  it.each(['timeout', 'ECONNREFUSED', 'ENOTFOUND'])('that was not sent did nothing: %s', (cause) => {
    expect(rowOf(read({ reached: 'not_sent', cause }))).toBe('not_done upstream_unreachable');
  });
});

describe('an answer to a call that acts', () => {
  it.each<[string, string]>([
    ['no body', ''],
    ['blanks', ' \r\n'],
    ['an empty object', '{}'],
    ['a code of zero', '{"error_code":"0"}'],
    ['a code of many zeros', '{"error_code":"00000000","error_msg":""}'],
    ['a code that is the number zero', '{"code":0,"message":"success"}'],
    ['a code of zero inside error', '{"error":{"code":0}}'],
    ['a code that is empty', '{"error_code":""}'],
    ['members that are null', '{"error_code":null,"error_msg":null,"error":null}'],
    ['a request id', '{"request_id":"r"}'],
  ])('went well with %s under 200', (_, body) => {
    expect(rowOf(read(answer(200, body)))).toBe('ok');
  });

  it.each([
    ...['null', '[]', '[{}]', '"ok"', 'true', '0', '<html>', '{"error_code":'],
    ...[
      '{"total_num":3}',
      '{"result":"success"}',
      '{"message":"ok"}',
      '{"error_msg":"x"}',
      '{"errorMsg":"x"}',
    ],
    ...['{"error_description":"x"}', '{"error":"forbidden"}', '{"error":{}}', '{"error":{"message":"x"}}'],
    ...['{"error":false}', '{"error":[]}', '{"error_code":{}}', '{"error_code":true}', '{"code":[1]}'],
    ...['{"error_code":"0","error":"x"}', '{"error_code":"0","code":"HSS.0010"}', '{"error_code":" "}'],
    ...['{"error_code":"0","failed":["x"]}', '{"code":0,"data":{}}'],
    ...['{"code":200,"message":"ok"}', '{"code":"302"}', '{"error":{"code":204}}'],
  ])('may or may not have been done with %s under 200', (body) => {
    expect(rowOf(read(answer(200, body)))).toBe(UNREADABLE);
  });

  it.each([204, 201, 202, 206])('may or may not have been done under %i', (status) => {
    for (const body of ['', '{}']) expect(rowOf(read(answer(status, body)))).toBe(UNREADABLE);
  });

  it.each(SHAPES)('refuses in a 200 by a code in %s', (_, shape) => {
    expect(rowOf(read(answer(200, shape('HSS.0010', 'no'))))).toBe('refused upstream_permission_denied');
    expect(rowOf(read(answer(200, shape('00000010', 'no'))))).toBe('refused upstream_permission_denied');
    expect(rowOf(read(answer(200, shape('XYZ.1', 'no'))))).toBe('refused upstream_refused');
    expect(rowOf(read(answer(200, shape('APIGW.0308', 'no'))))).toBe('throttled upstream_throttled');
    expect(rowOf(read(answer(200, shape(500, 'no'))))).toBe('unknown upstream_failed');
    expect(rowOf(read(answer(200, shape(403, 'no'))))).toBe('refused upstream_refused');
  });

  /** Whatever JSON can be, mostly in the places where errors are spoken of. */
  const value = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom<unknown>('', null, '0', 0, '000', 'HSS.1007', 'x', 200, 500, 404),
    },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const members = (names: readonly string[]) =>
    fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 5 })), value, { maxKeys: 4 });
  const NAMES = [
    'error_code',
    'errorCode',
    'code',
    'error_msg',
    'errorMsg',
    'message',
    'error',
    'request_id',
  ];
  const document = fc.oneof(
    fc.jsonValue(),
    members(NAMES),
    fc.record({ error: members(NAMES) }),
    fc.tuple(members(NAMES), members(NAMES)).map(([body, error]) => ({ ...body, error })),
  );
  const isEmpty = (each: unknown) => each === undefined || each === null || each === '';
  const codesIn = (body: unknown): unknown[] => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
    const { error_code, errorCode, code, error } = body as Record<string, unknown>;
    return [error_code, errorCode, code].filter((each) => !isEmpty(each)).concat(codesIn(error));
  };
  const isZero = (code: unknown) => code === 0 || (typeof code === 'string' && /^0+$/.test(code));

  it('went well only as it is documented to, whatever it is', () => {
    fc.assert(
      fc.property(document, (body) => {
        if (!read(answer(200, JSON.stringify(body))).ok) return;
        expect([typeof body, body === null, Array.isArray(body)]).toEqual(['object', false, false]);
        const { error, ...rest } = body as Record<string, unknown>;
        const codes = codesIn(body);
        expect(codes.every(isZero)).toBe(true);
        if (!isEmpty(error)) expect(codesIn(error).length).toBeGreaterThan(0);
        const others = Object.entries(rest).filter(
          ([name, each]) => !/^request_?[iI]d$/.test(name) && !isEmpty(each),
        );
        if (codes.length === 0) expect(others).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused in a 200 only by a code that can be read and is none of a success', () => {
    fc.assert(
      fc.property(document, (body) => {
        const reading = read(answer(200, JSON.stringify(body)));
        if (reading.ok || reading.row.verdict === 'unknown') return;
        const codes = codesIn(body);
        expect(codes.length).toBeGreaterThan(0);
        expect(codes.some(isZero)).toBe(false);
        expect(codes.every((code) => typeof code === 'string' || typeof code === 'number')).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('an answer to a call that reads', () => {
  it.each(['{}', '{"total_num":3}', '{"data_list":[],"message":"partly"}', '{"error_code":"0","token":{}}'])(
    'is one with %s',
    (body) => {
      expect(rowOf(read(answer(200, body), READ))).toBe('ok');
      expect(rowOf(read(answer(201, body), TOKEN_CREATED))).toBe('ok');
    },
  );

  it.each([
    '',
    ' ',
    'null',
    '[]',
    '"ok"',
    '7',
    '<html>',
    '{"error":"x"}',
    '{"error_msg":"x"}',
    '{"code":{}}',
  ])('is none with %j', (body) => {
    expect(rowOf(read(answer(200, body), READ))).toBe(UNREADABLE);
    expect(rowOf(read(answer(201, body), TOKEN_CREATED))).toBe(UNREADABLE);
  });

  it.each(SHAPES)('refuses by a code in %s', (_, shape) => {
    expect(rowOf(read(answer(200, shape('HSS.0010', 'no')), READ))).toBe(
      'refused upstream_permission_denied',
    );
  });
});

describe('an answer', () => {
  it.each<[string, Answer, string]>([
    ['a redirect', answer(302, '', { location: 'http://elsewhere' }), 'refused upstream_redirected'],
    ['a business refusal', answer(400, { error_code: 'HSS.1007' }), 'refused agent_offline'],
    ['a business code nobody knows', answer(400, { error_code: 'HSS.9999' }), 'refused upstream_refused'],
    ['400 without a word', answer(400), 'refused upstream_refused'],
    ['401 without a word', answer(401, '<html>'), 'unauthenticated upstream_authentication_failed'],
    [
      'IAM, nested',
      answer(401, { error: { code: 401, message: 'x', title: 'y' } }),
      'unauthenticated upstream_authentication_failed',
    ],
    ['IAM, flat', answer(401, { error_code: 'IAM.0061' }), 'unauthenticated upstream_account_locked'],
    ['403 without a word', answer(403), 'refused upstream_permission_denied'],
    ['404 without a word', answer(404), 'refused upstream_call_refused'],
    ['429 without a word', answer(429), 'throttled upstream_throttled'],
    ['a code of a throttle', answer(429, { error_code: 'APIG.0308' }), 'throttled upstream_throttled'],
    ['HTML 502', answer(502, '<html>'), 'unknown upstream_failed'],
    [
      '500 of a gateway that passed nothing on',
      answer(500, { error_code: 'APIGW.0605' }),
      'not_done upstream_unavailable',
    ],
    [
      'a refusal of a gateway with a status of failure',
      answer(500, { error_code: 'HSS.0041' }),
      'unknown upstream_failed',
    ],
    [
      'an unknown business code with a status of failure',
      answer(500, { error_code: 'HSS.9999' }),
      'unknown upstream_failed',
    ],
  ])('that is %s', (_, given, row) => {
    expect(rowOf(read(given))).toBe(row);
  });

  it.each(SHAPES)('is read by its code in %s, under any status', (_, shape) => {
    expect(rowOf(read(answer(400, shape('HSS.1007', 'offline'))))).toBe('refused agent_offline');
    expect(rowOf(read(answer(429, shape('APIG.0308', 'slow'))))).toBe('throttled upstream_throttled');
    expect(rowOf(read(answer(500, shape('HSS.0041', 'no'))))).toBe('unknown upstream_failed');
    expect(rowOf(read(answer(401, shape(401, 'no'))))).toBe('unauthenticated upstream_authentication_failed');
    expect(read(answer(400, shape('HSS.1007', 'offline')))).toMatchObject({
      said: { code: 'HSS.1007', message: 'offline' },
    });
  });

  it('is read by the most specific code, where it has several', () => {
    const body = { error: { code: 400, error_code: 'HSS.1007', message: '  the agent\n is\toffline ' } };
    expect(read(answer(400, body))).toMatchObject({
      row: { code: 'agent_offline' },
      said: { code: 'HSS.1007', message: 'the agent is offline' },
    });
    expect(read(answer(400, { error: 'forbidden' }))).toMatchObject({ said: { message: 'forbidden' } });
  });

  it('of the status that another call wants went well there', () => {
    expect(rowOf(read(answer(201, '{}'), TOKEN_CREATED))).toBe('ok');
    expect(rowOf(read(answer(200, '{}'), TOKEN_CREATED))).toBe(UNREADABLE);
  });

  it("has upstream's request id, from the header before the body", () => {
    const body = { error_code: 'APIGW.0310', request_id: 'from-the-body' };
    expect(read(answer(403, body, { 'x-request-id': 'from-the-header' }))).toMatchObject({
      said: { requestId: 'from-the-header', code: 'APIGW.0310' },
    });
    expect(read(answer(403, body))).toMatchObject({ said: { requestId: 'from-the-body' } });
    expect(read(answer(200, '', { 'x-request-id': ['first', 'second'] }))).toMatchObject({
      ok: true,
      said: { requestId: 'first' },
    });
  });

  it('has nothing in its words that could break a log or a header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (code, id) => {
          const { said } = read(answer(400, { error_code: code }, { 'x-request-id': id }));
          for (const word of [said.requestId, said.code])
            if (word !== undefined) expect(word).toMatch(/^[\x21-\x7e]{1,128}$/);
        },
      ),
    );
  });

  it('is read whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ error_code: value })),
        ),
        (status, body) => {
          const reading = read(answer(status, body));
          if (reading.ok) expect(status).toBe(200);
          else expect(reading.row.code).toMatch(/^[a-z_]+$/);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('Retry-After', () => {
  it('travels, within bounds, with whatever was not well', () => {
    expect(read(answer(429, '', { 'retry-after': '3' }))).toMatchObject({ retryAfterMs: 3_000 });
    expect(read(answer(503, '', { 'retry-after': '86400' }))).toMatchObject({ retryAfterMs: 300_000 });
    expect(read(answer(200, '', { 'retry-after': '3' }))).not.toHaveProperty('retryAfterMs');
  });
});

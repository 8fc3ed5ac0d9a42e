import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { classify, retryAfterMs, type Reading } from './classify.js';
import type { Answer } from './transport.js';

const NOW = Date.parse('2026-08-16T09:00:00Z');

const answer = (status: number, body: unknown = '', headers: Answer['headers'] = {}): Answer => ({
  reached: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const read = (of: Parameters<typeof classify>[0], success = 200): Reading => classify(of, success, NOW);
const rowOf = (reading: Reading) => (reading.ok ? 'ok' : `${reading.row.verdict} ${reading.row.code}`);

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

describe('an answer', () => {
  it.each<[string, Answer]>([
    ['an empty body', answer(200)],
    ['blanks', answer(200, ' \n')],
    ['an empty object', answer(200, '{}')],
    ['the literal null', answer(200, 'null')],
    ['an error code of zero', answer(200, { error_code: '0' })],
    ['an error code of many zeros', answer(200, { error_code: '00000000', error_msg: '' })],
    ['an error code that is empty', answer(200, { error_code: '' })],
    ['an error code that is the number zero', answer(200, { error_code: 0 })],
    ['anything that is JSON', answer(200, { total_num: 3 })],
  ])('of 200 with %s went well', (_, given) => {
    expect(rowOf(read(given))).toBe('ok');
  });

  it.each<[string, Answer, string]>([
    ['a refusal in a 200', answer(200, { error_code: 'HSS.0010' }), 'refused upstream_permission_denied'],
    [
      'the short form in a 200',
      answer(200, { error_code: '00000010' }),
      'refused upstream_permission_denied',
    ],
    ['a code nobody knows in a 200', answer(200, { error_code: 'XYZ.1' }), 'refused upstream_refused'],
    ['HTML in a 200', answer(200, '<html>'), 'unknown upstream_unreadable'],
    ['a cut off body in a 200', answer(200, '{"error_code":'), 'unknown upstream_unreadable'],
    ['another success', answer(204), 'unknown upstream_unreadable'],
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

  it('of the status that another call wants went well there', () => {
    expect(rowOf(read(answer(201, '{}'), 201))).toBe('ok');
    expect(rowOf(read(answer(200, '{}'), 201))).toBe('unknown upstream_unreadable');
  });

  it("tells upstream's request id, from the header before the body", () => {
    const body = { error_code: 'APIGW.0310', request_id: 'from-the-body' };
    expect(read(answer(403, body, { 'x-request-id': 'from-the-header' }))).toMatchObject({
      requestId: 'from-the-header',
      upstreamCode: 'APIGW.0310',
    });
    expect(read(answer(403, body))).toMatchObject({ requestId: 'from-the-body' });
    expect(read(answer(200, '', { 'x-request-id': ['first', 'second'] }))).toMatchObject({
      ok: true,
      requestId: 'first',
    });
  });

  it('has nothing in its words that could break a log or a header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (code, id) => {
          const reading = read(answer(400, { error_code: code }, { 'x-request-id': id }));
          const words = [reading.requestId, reading.ok ? undefined : reading.upstreamCode];
          for (const word of words) if (word !== undefined) expect(word).toMatch(/^[\x21-\x7e]{1,128}$/);
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
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['120', 120_000],
    ['Sun, 16 Aug 2026 09:00:30 GMT', 30_000],
    ['Sun, 16 Aug 2026 08:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['99999999999999999999', undefined],
  ])('%j is %p ms', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it('travels with whatever was not well', () => {
    expect(read(answer(429, '', { 'retry-after': '3' }))).toMatchObject({ retryAfterMs: 3_000 });
    expect(read(answer(200, '', { 'retry-after': '3' }))).not.toHaveProperty('retryAfterMs');
  });
});

import { describe, expect, it } from '@jest/globals';

import {
  errorRow as errorRowIn,
  faultOf,
  KNOWN_CODES,
  OUT_OF_TIME,
  NOT_A_TOKEN,
  UNANSWERED,
  UNREACHED,
  UNREADABLE,
  type ErrorRow,
} from '../upstream/error-table.js';
import { HSS_ERRORS } from './error-table.js';

const errorRow = (code: string | undefined, status: number) => errorRowIn(code, status, HSS_ERRORS);

/** Contract 5.2: every entry arrives as HTTP 400. */
const HSS_CODES = [
  ...['0001', '0002', '0010', '0011', '0013', '0014'],
  ...Array.from({ length: 21 }, (_, index) => `10${String(index + 1).padStart(2, '0')}`),
].map((digits) => `HSS.${digits}`);

/** Contract 5.3: code, HTTP status, class. */
const GATEWAY_CODES = [
  ['0101', 404, 'fatal'],
  ['0103', 404, 'fatal'],
  ['0104', 400, 'fatal'],
  ['0105', 400, 'fatal'],
  ['0106', 400, 'fatal'],
  ['0201', 400, 'fatal'],
  ['0201', 413, 'fatal'],
  ['0201', 414, 'fatal'],
  ['0201', 494, 'fatal'],
  ['0201', 502, 'retry'],
  ['0201', 504, 'retry'],
  ['0301', 401, 'refresh'],
  ['0302', 403, 'fatal'],
  ['0303', 401, 'refresh'],
  ['0304', 403, 'fatal'],
  ['0305', 401, 'refresh'],
  ['0306', 403, 'fatal'],
  ['0307', 401, 'refresh'],
  ['0308', 429, 'wait'],
  ['0310', 403, 'fatal'],
  ['0311', 401, 'refresh'],
  ['0401', 403, 'fatal'],
  ['0402', 403, 'fatal'],
  ['0404', 403, 'fatal'],
  ['0501', 405, 'fatal'],
  ['0502', 405, 'fatal'],
  ['0601', 500, 'retry'],
  ['0602', 400, 'fatal'],
  ['0605', 500, 'retry'],
  ['0606', 500, 'retry'],
  ['0607', 400, 'fatal'],
  ['0608', 500, 'retry'],
  ['0609', 500, 'retry'],
  ['0610', 502, 'retry'],
  ['0611', 500, 'retry'],
  ['0612', 500, 'retry'],
  ['0613', 503, 'retry'],
  ['0705', 500, 'retry'],
  ['0801', 403, 'fatal'],
  ['0802', 403, 'fatal'],
] as const;

const VERDICTS = {
  fatal: ['refused'],
  refresh: ['unauthenticated'],
  wait: ['throttled'],
  retry: ['unknown', 'not_done'],
} as const;

const allRows = (): ErrorRow[] => [
  ...Object.keys(HSS_ERRORS.rows).map((code) => errorRow(code, 400)),
  ...KNOWN_CODES.map(([code, status]) => errorRow(code, status)),
  ...GATEWAY_CODES.map(([code, status]) => errorRow(`APIGW.${code}`, status)),
  ...[300, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503, 504].map((status) =>
    errorRow(undefined, status),
  ),
  UNREACHED,
  UNANSWERED,
  UNREADABLE,
  OUT_OF_TIME,
  NOT_A_TOKEN,
];

describe("the table of upstream's errors", () => {
  it.each(HSS_CODES)('knows %s as a refusal, with words of its own', (code) => {
    const row = errorRow(code, 400);
    expect(row.verdict).toBe('refused');
    expect(row).not.toEqual(errorRow('HSS.9999', 400));
  });

  it.each(GATEWAY_CODES)(
    'reads gateway code %s with HTTP %d as %s, under both of its prefixes',
    (code, status, kind) => {
      const row = errorRow(`APIGW.${code}`, status);
      expect(VERDICTS[kind]).toContain(row.verdict);
      expect(errorRow(`APIG.${code}`, status)).toEqual(row);
    },
  );

  it.each([
    ['HSS.0010', 403],
    ['00000010', 403],
    ['HSS.0013', 403],
    ['HSS.0011', 404],
    ['HSS.0001', 400],
    ['HSS.1001', 409],
    ['HSS.1007', 409],
    ['IAM.0061', 503],
  ])('answers %s, whatever its status, with %d', (code, status) => {
    expect([errorRow(code, 400).status, errorRow(code, 200).status]).toEqual([status, status]);
  });

  it('never takes a failure whose depth is not known for a refusal', () => {
    for (let status = 500; status < 600; status += 1) {
      expect(errorRow(undefined, status).verdict).toBe('unknown');
      expect(errorRow('APIGW.9999', status).verdict).toBe('unknown');
      expect(errorRow('HSS.9999', status).verdict).toBe('unknown');
    }
  });

  it('claims that nothing was done only where that is known', () => {
    for (const { verdict, detail } of allRows()) {
      if (verdict === 'unknown') expect(detail).not.toMatch(/nothing was done/i);
      if (verdict === 'unknown') expect(detail).toMatch(/not known/);
      if (verdict === 'throttled') expect(detail).toMatch(/nothing was done/i);
    }
  });

  it('invites nobody to try again what may have been done', () => {
    for (const { verdict, retryable } of allRows()) if (verdict === 'unknown') expect(retryable).toBe(false);
  });

  it('speaks in sentences, under codes that stay', () => {
    for (const { code, status, detail } of allRows()) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(detail).toMatch(/^[A-Z].*\.$/s);
    }
  });

  it('is not fooled by names of the language', () => {
    for (const code of ['__proto__', 'constructor', 'toString', 'APIGW.toString']) {
      expect(errorRow(code, 400)).toEqual(errorRow(undefined, 400));
    }
  });
});

describe('a fault', () => {
  it('is a row, with what upstream said', () => {
    const row = errorRow('HSS.1007', 400);
    expect(faultOf(row, { code: 'HSS.1007', requestId: 'r' }, 7)).toEqual({
      code: 'agent_offline',
      status: 409,
      detail: `${row.detail} (upstream: HSS.1007)`,
      retryable: true,
      retryAfter: 7,
      upstream: { code: 'HSS.1007', requestId: 'r' },
    });
  });

  it('has no word of upstream where upstream said none', () => {
    expect(faultOf(UNREACHED, {})).toEqual({
      code: UNREACHED.code,
      status: 503,
      detail: UNREACHED.detail,
      retryable: true,
    });
  });
});

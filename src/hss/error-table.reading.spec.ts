import { describe, expect, it } from '@jest/globals';

import {
  errorRow,
  faultOf,
  HELD,
  KNOWN_CODES,
  METADATA_UNAVAILABLE,
  NOT_A_TOKEN,
  OUT_OF_TIME,
  TOKEN_UNAVAILABLE,
  UNANSWERED,
  UNREACHED,
  UNREADABLE,
} from '../upstream/error-table.js';
import { faultOfRead, HSS_ERRORS } from './error-table.js';

const CODES = [...Object.keys(HSS_ERRORS.rows).map((code) => [code, 400] as const), ...KNOWN_CODES];
/** Every fault that a call can end in, one for each code and status. */
const faults = [
  ...CODES.map(([code, status]) => faultOf(errorRow(code, status, HSS_ERRORS), { code, requestId: 'r' })),
  // Without a code the HTTP status is all there is to go by.
  ...[302, 400].map((status) => faultOf(errorRow(undefined, status), { requestId: 'r' })),
  ...[UNREADABLE, UNANSWERED, UNREACHED, OUT_OF_TIME, NOT_A_TOKEN].map((row) => faultOf(row)),
  ...[TOKEN_UNAVAILABLE, METADATA_UNAVAILABLE].map((row) => faultOf(row)),
  ...[HELD.breaker_open, HELD.busy].map((row) => faultOf(row, {}, 5)),
].filter(
  ({ code, status }, index, all) =>
    index === all.findIndex((one) => one.code === code && one.status === status),
);
const byCode = (code: string) => {
  const found = faults.find((fault) => fault.code === code);
  if (!found) throw new Error(`${code} is no code of the table`);
  return faultOfRead(found);
};

describe('a fault of reading', () => {
  it.each(faults.map((fault) => [fault.code, fault] as const))(
    'never leaves open whether something was done: %s',
    (_, fault) => {
      const { status, detail } = faultOfRead(fault);
      expect(detail).not.toMatch(/whether it was done|Look at the alarm|event:set/);
      expect([400, 403, 502, 503, 504]).toContain(status);
    },
  );

  it('may be met again where its answer was lost', () => {
    expect(byCode('upstream_unanswered')).toMatchObject({ status: 504, retryable: true });
    expect(byCode('upstream_failed')).toMatchObject({ status: 502, retryable: true });
    expect(byCode('upstream_permission_denied')).toMatchObject({ status: 403, retryable: false });
  });

  it("keeps upstream's own code, whatever it means for the reader", () => {
    expect(byCode('agent_offline')).toMatchObject({
      code: 'upstream_refused',
      detail: 'Upstream refused to be read. (upstream: HSS.1007)',
      upstream: { code: 'HSS.1007', requestId: 'r' },
    });
  });

  it('says that nobody answered, or that upstream was too busy', () => {
    const codes = faults.map((fault) => faultOfRead(fault)).map(({ code, status }) => `${status} ${code}`);
    expect(codes).toEqual(expect.arrayContaining(['504 upstream_unanswered', '503 upstream_throttled']));
  });
});

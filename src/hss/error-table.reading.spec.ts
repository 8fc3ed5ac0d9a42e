import { describe, expect, it } from '@jest/globals';

import { documentedFaults, documentedReadFaults, faultOfRead } from './error-table.js';

const faults = documentedFaults('r');
const byCode = (code: string) => {
  const found = faults.find(({ fault }) => fault.code === code)?.fault;
  if (!found) throw new Error(`${code} is no code of the table`);
  return faultOfRead(found);
};

describe('a fault of reading', () => {
  it.each(faults.map(({ fault }) => [fault.code, fault] as const))(
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

  it('is documented once for each code', () => {
    const codes = documentedReadFaults('r').map(({ code, status }) => `${status} ${code}`);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toEqual(expect.arrayContaining(['504 upstream_unanswered', '503 upstream_throttled']));
  });
});

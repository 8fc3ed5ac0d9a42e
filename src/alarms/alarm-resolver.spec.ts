import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { OPERATION_TYPE_NAMES, OPERATIONS } from '../domain/operation-type.js';
import type { AlarmDetail } from '../domain/detail-fields.js';
import type { Alarm } from './alarm.js';
import { eligibilityOf, type Circumstances } from './alarm-resolver.js';

const DETAIL: AlarmDetail = {
  ...{ agentId: 'a', processPid: 7, fileHash: 'f', filePath: '/x' },
  ...{ keyword: 'k', hash: 'h', loginIp: '203.0.113.1', privateIp: '10.0.0.1', loginUserName: 'root' },
};
const ALARM: Alarm = {
  ...{ eventId: 'e', eventClassId: 'c', eventType: 1010, occurTime: '9223372036854775807' },
  ...{ severity: 'High', status: 'unhandled', host: {}, tags: [] },
  accepts: [
    'mark_as_handled',
    'ignore',
    'add_to_alarm_whitelist',
    'add_to_login_whitelist',
    'isolate_and_kill',
  ],
  details: [DETAIL],
};
const PLAIN: Circumstances = { cutShort: false, takesPart: false };

const ruleOf = (...given: Parameters<typeof eligibilityOf>) => {
  const verdict = eligibilityOf(...given);
  return 'unfit' in verdict ? verdict.unfit.rule : 'fits';
};
const handled = (method: (typeof OPERATION_TYPE_NAMES)[number], more: Partial<Alarm> = {}): Alarm => ({
  ...ALARM,
  status: 'handled',
  handling: { method },
  accepts: [OPERATIONS[method].inverse],
  ...more,
});

describe('an alarm that was named by its id', () => {
  it('is handled with what upstream lists of it, every digit of its time included', () => {
    const { eventId, eventClassId, eventType, occurTime, severity, details } = ALARM;
    expect(eligibilityOf('isolate_and_kill', [ALARM], PLAIN)).toEqual({
      alarm: {
        eventId,
        eventClassId,
        eventType,
        occurTime,
        severity,
        seen: { severity, agentId: 'a' },
        details,
      },
    });
  });

  it('is not handled when it is not there, is there twice, or lacks what it is found by', () => {
    expect(ruleOf('ignore', [], PLAIN)).toBe('not_found');
    expect(ruleOf('ignore', [ALARM, { ...ALARM, occurTime: 1 }], PLAIN)).toBe('ambiguous');
    for (const field of ['eventClassId', 'eventType', 'occurTime'] as const) {
      const { [field]: _, ...rest } = ALARM;
      expect([field, ruleOf('ignore', [rest], PLAIN)]).toEqual([field, 'incomplete']);
    }
  });

  it('that was not found says what helps', () => {
    const told = (cutShort: boolean) => JSON.stringify(eligibilityOf('ignore', [], { ...PLAIN, cutShort }));
    expect(told(true)).toMatch(/no lookup by id: name its occurTime/);
    expect(told(false)).toMatch(/is not listed here/);
  });

  it.each(OPERATION_TYPE_NAMES)(
    'is handled by %s only where it takes that, or was handled the other way',
    (operation) => {
      const { inverse, isReversal: takesBack } = OPERATIONS[operation];
      const before = takesBack ? handled(inverse) : ALARM;
      expect(ruleOf(operation, [before], PLAIN)).toBe('fits');
      const other = takesBack
        ? handled(inverse === 'ignore' ? 'mark_as_handled' : 'ignore')
        : { ...ALARM, accepts: [] };
      expect(ruleOf(operation, [other], PLAIN)).toBe('not_accepted');
      // Where upstream leaves the way back out of what an alarm takes.
      if (takesBack) expect(ruleOf(operation, [handled(inverse, { accepts: [] })], PLAIN)).toBe('fits');
    },
  );

  it('of which it is not known what it takes is left to upstream, but nothing is killed where its state is not known either', () => {
    const { accepts: _, ...untold } = ALARM;
    const { status: __, ...unknown } = untold;
    for (const operation of OPERATION_TYPE_NAMES) {
      const { inverse, isReversal: takesBack } = OPERATIONS[operation];
      const method = takesBack ? { status: 'handled', handling: { method: inverse } } : {};
      expect([operation, ruleOf(operation, [{ ...untold, ...method } as Alarm], PLAIN)]).toEqual([
        operation,
        'fits',
      ]);
      const blind = operation === 'isolate_and_kill' ? 'incomplete' : 'fits';
      expect([operation, ruleOf(operation, [unknown], PLAIN)]).toEqual([operation, blind]);
    }
  });

  it('that already has the wanted state takes part where it is left alone then, and only there', () => {
    const takesPart = { ...PLAIN, takesPart: true };
    for (const operation of ['mark_as_handled', 'isolate_and_kill'] as const) {
      expect(ruleOf(operation, [handled(operation)], PLAIN)).toBe('already');
      expect(ruleOf(operation, [handled(operation)], takesPart)).toBe('fits');
    }
    expect(ruleOf('unhandle', [ALARM], PLAIN)).toBe('already');
    expect(ruleOf('unhandle', [ALARM], takesPart)).toBe('fits');
  });

  it('that names several processes is not killed by guess, whichever they are', () => {
    const parent = { ...DETAIL, processPid: 6 };
    expect(ruleOf('isolate_and_kill', [{ ...ALARM, details: [parent, DETAIL] }], PLAIN)).toBe('ambiguous');
    expect(ruleOf('isolate_and_kill', [{ ...ALARM, details: [{ agentId: 'a' }, DETAIL] }], PLAIN)).toBe(
      'ambiguous',
    );
    expect(ruleOf('isolate_and_kill', [{ ...ALARM, details: [DETAIL, { ...DETAIL }] }], PLAIN)).toBe('fits');
    const back = handled('isolate_and_kill', { details: [parent, DETAIL] });
    expect(ruleOf('do_not_isolate_or_kill', [back], PLAIN)).toBe('fits');
  });

  it('goes with details that have all that is required, and is refused where none has', () => {
    const detail = fc.record(
      Object.fromEntries(Object.entries(DETAIL).map(([name, value]) => [name, fc.constant(value)])),
      { requiredKeys: [] },
    ) as fc.Arbitrary<AlarmDetail>;
    fc.assert(
      fc.property(
        fc.constantFrom(...OPERATION_TYPE_NAMES),
        fc.array(detail, { maxLength: 4 }),
        (operation, details) => {
          const { inverse, isReversal: takesBack, requiredDetails, destructive } = OPERATIONS[operation];
          const alarm = takesBack ? handled(inverse, { details }) : { ...ALARM, details };
          const verdict = eligibilityOf(operation, [alarm], PLAIN);
          const isWhole = (each: AlarmDetail) => requiredDetails.every((field) => each[field] !== undefined);
          if ('alarm' in verdict) {
            if (requiredDetails.length === 0) expect(verdict.alarm.details).toEqual(details);
            else expect(verdict.alarm.details.length).toBeGreaterThan(0);
            expect(verdict.alarm.details.every(isWhole)).toBe(true);
            if (destructive) expect(verdict.alarm.details).toHaveLength(1);
          } else if (verdict.unfit.rule === 'incomplete') expect(details.some(isWhole)).toBe(false);
          else expect([verdict.unfit.rule, destructive]).toEqual(['ambiguous', true]);
        },
      ),
    );
  });
});

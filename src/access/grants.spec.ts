import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  SHOP,
  ALL,
  PROJECTS,
  ENTERPRISE_PROJECTS,
  OPERATIONS,
  EVENT_TYPES,
  SEVERITIES,
  cellsOfGrant,
  cellsOfDenial,
  cellsOfQuestion,
} from '../../test/support/grants-model.js';
import { RIGHTS, type Caller, type Denial, type Grant, type Right } from '../domain/caller.js';
import {
  hasRight,
  accessDenialOf,
  projectsWith,
  type AlarmFacts,
  type AccessQuestion,
} from '../access/grants.js';

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

const grant: fc.Arbitrary<Grant> = fc.record(
  {
    rights: some(RIGHTS),
    operations: some(['*', ...OPERATIONS] as const),
    projects: some(['*', ...PROJECTS]),
    enterpriseProjects: some(['*', ...ENTERPRISE_PROJECTS]),
    eventTypes: some(EVENT_TYPES),
    severities: some(SEVERITIES),
    byIdOnly: fc.constant(true as const),
  },
  { requiredKeys: ['operations', 'projects', 'enterpriseProjects'] },
);
const denial: fc.Arbitrary<Denial> = fc.record(
  {
    rights: some(RIGHTS),
    operations: some(['*', ...OPERATIONS] as const),
    projects: some(['*', ...PROJECTS]),
    enterpriseProjects: some(['*', ...ENTERPRISE_PROJECTS]),
    eventTypes: some(EVENT_TYPES),
    severities: some(SEVERITIES),
  },
  { requiredKeys: [] },
);
const caller: fc.Arbitrary<Caller> = fc.record({
  id: fc.constant('bot'),
  grants: fc.array(grant, { maxLength: 3 }),
  denials: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(denial, { maxLength: 2 })),
});
const alarm: fc.Arbitrary<AlarmFacts> = fc.record(
  {
    eventType: fc.constantFrom(...EVENT_TYPES),
    severity: fc.constantFrom(...SEVERITIES),
    described: fc.constant(true as const),
  },
  { requiredKeys: [] },
);
const place = {
  project: fc.constantFrom(...PROJECTS),
  enterpriseProjectId: fc.constantFrom<string>(...ENTERPRISE_PROJECTS),
};
const question: fc.Arbitrary<AccessQuestion> = fc.oneof(
  fc.record({
    right: fc.constantFrom<Right>('act', 'approve'),
    operation: fc.constantFrom(...OPERATIONS),
    alarms: fc.array(alarm, { maxLength: 3 }),
    ...place,
  }),
  fc.record({
    right: fc.constantFrom<Right>('read', 'audit'),
    alarms: fc.array(alarm, { maxLength: 2 }),
    ...place,
  }),
);

describe('what a caller may do', () => {
  it('is what its grants name less what its denials name, cell by cell', () => {
    const seen = { may: 0, notGranted: 0, denied: 0 };
    fc.assert(
      fc.property(caller, question, (who, asked) => {
        const granted = new Set(who.grants.flatMap(cellsOfGrant));
        const denied = new Set((who.denials ?? []).flatMap(cellsOfDenial));
        const wanted = cellsOfQuestion(asked);
        const lack = accessDenialOf(who, asked);
        if (wanted.some((cell) => denied.has(cell))) {
          seen.denied += 1;
          expect(lack?.code).toBe('denied');
        } else if (wanted.every((cell) => granted.has(cell))) {
          seen.may += 1;
          expect(lack).toBeUndefined();
        } else {
          seen.notGranted += 1;
          expect(lack?.code).toBe('not_granted');
        }
      }),
      { numRuns: 3_000 },
    );
    // Else the model was held against nothing.
    expect(Math.min(seen.may, seen.notGranted, seen.denied)).toBeGreaterThan(100);
  });

  it('is nothing where it has not the right at all, nor in a project where it has not', () => {
    fc.assert(
      fc.property(caller, question, (who, asked) => {
        if (accessDenialOf(who, asked)) return;
        expect(hasRight(who, asked.right)).toBe(true);
        expect(projectsWith(who, asked.right, PROJECTS)).toContain(asked.project);
      }),
      { numRuns: 3_000 },
    );
  });
});

const one = (given: Partial<Grant> = {}, ...denials: Denial[]): Caller => ({
  id: 'bot',
  grants: [{ operations: ['ignore'], projects: ['prod'], enterpriseProjects: ['0'], ...given }],
  denials,
});

const ask = (asked: Partial<AccessQuestion> = {}): AccessQuestion => ({
  right: 'act',
  operation: 'ignore',
  project: 'prod',
  enterpriseProjectId: '0',
  ...asked,
});

describe('what is lacking', () => {
  it.each<[string, Caller, AccessQuestion, string]>([
    ['a project', one(), ask({ project: 'test' }), 'project test'],
    ['a right', one({ rights: ['read'] }), ask(), 'the right act in project prod'],
    [
      'an operation type',
      one(),
      ask({ operation: 'isolate_and_kill' }),
      'operation isolate_and_kill in project prod',
    ],
    [
      'an enterprise project',
      one(),
      ask({ enterpriseProjectId: SHOP }),
      `operation ignore in enterprise project ${SHOP} of project prod`,
    ],
    [
      'all enterprise projects at once',
      one({ enterpriseProjects: ['*'] }),
      ask({ enterpriseProjectId: ALL }),
      `operation ignore in enterprise project ${ALL} of project prod`,
    ],
    [
      'an enterprise project to read in',
      one(),
      { right: 'read', project: 'prod', enterpriseProjectId: SHOP },
      `the right read in enterprise project ${SHOP} of project prod`,
    ],
    [
      'an event type',
      one({ eventTypes: [3007] }),
      ask({ alarms: [{ eventType: 3007 }, { eventType: 1010 }] }),
      'operation ignore in enterprise project 0 of project prod for alarms of event type 1010 and unknown severity',
    ],
    [
      'a severity',
      one({ severities: ['Low'] }),
      ask({ alarms: [{ eventType: 1010, severity: 'Critical' }] }),
      'operation ignore in enterprise project 0 of project prod for alarms of event type 1010 and severity Critical',
    ],
    [
      'that the alarms are named by their ids',
      one({ byIdOnly: true }),
      ask({ alarms: [{ eventType: 1010 }, { eventType: 1010, described: true }] }),
      'operation ignore in enterprise project 0 of project prod for alarms of event type 1010 and unknown severity that are not named by their ids (alarmIds)',
    ],
    [
      'a severity, and not that ids would do',
      one({ byIdOnly: true, severities: ['Low'] }),
      ask({ alarms: [{ eventType: 1010, described: true }] }),
      'operation ignore in enterprise project 0 of project prod for alarms of event type 1010 and unknown severity',
    ],
  ])('is named: %s', (_, who, asked, what) => {
    expect(accessDenialOf(who, asked)).toEqual({ code: 'not_granted', what });
  });

  it('may be covered by several grants together, an alarm by each', () => {
    const who: Caller = {
      id: 'bot',
      grants: [...one({ eventTypes: [1010] }).grants, ...one({ eventTypes: [3007] }).grants],
    };
    expect(accessDenialOf(who, ask({ alarms: [{ eventType: 1010 }, { eventType: 3007 }] }))).toBeUndefined();
  });

  it('is never covered by grants of which each gives only a part', () => {
    const who: Caller = {
      id: 'bot',
      grants: [
        ...one({ operations: ['isolate_and_kill'], projects: ['test'] }).grants,
        ...one({ operations: ['ignore'], projects: ['prod'] }).grants,
      ],
    };
    expect(accessDenialOf(who, ask({ operation: 'isolate_and_kill' }))?.code).toBe('not_granted');
  });

  it('includes a severity that is not known, where only some are granted', () => {
    expect(accessDenialOf(one({ severities: ['Low'] }), ask({ alarms: [{ eventType: 1 }] }))?.code).toBe(
      'not_granted',
    );
  });
});

describe('a denial', () => {
  const denied = (denial: Denial, asked: Partial<AccessQuestion> = {}, given: Partial<Grant> = {}) =>
    accessDenialOf(
      one({ operations: ['*'], projects: ['*'], enterpriseProjects: ['*', ALL], ...given }, denial),
      ask(asked),
    )?.code === 'denied';

  it('wins over every grant', () => {
    expect(denied({ operations: ['isolate_and_kill'] }, { operation: 'isolate_and_kill' })).toBe(true);
    expect(denied({ operations: ['isolate_and_kill'] }, { operation: 'ignore' })).toBe(false);
  });

  it('of one enterprise project holds for all of them at once', () => {
    expect(denied({ enterpriseProjects: [SHOP] }, { enterpriseProjectId: ALL })).toBe(true);
    expect(denied({ enterpriseProjects: [SHOP] }, { enterpriseProjectId: '0' })).toBe(false);
  });

  it('of all enterprise projects at once leaves each single one alone', () => {
    expect(denied({ enterpriseProjects: [ALL] }, { enterpriseProjectId: ALL })).toBe(true);
    expect(denied({ enterpriseProjects: [ALL] }, { enterpriseProjectId: SHOP })).toBe(false);
  });

  it('of a severity holds for an alarm of unknown severity', () => {
    expect(denied({ severities: ['Critical'] }, { alarms: [{ eventType: 1010 }] })).toBe(true);
    expect(denied({ severities: ['Critical'] }, { alarms: [{ eventType: 1010, severity: 'Low' }] })).toBe(
      false,
    );
  });

  it('of an operation type leaves reading alone', () => {
    const who = one({ rights: ['read'] }, { operations: ['*'] });
    expect(accessDenialOf(who, { right: 'read', project: 'prod', enterpriseProjectId: '0' })).toBeUndefined();
    expect(hasRight(who, 'read')).toBe(true);
  });

  it('says what is denied', () => {
    expect(accessDenialOf(one({}, { projects: ['prod'] }), ask())).toEqual({
      code: 'denied',
      what: 'operation ignore in enterprise project 0 of project prod',
    });
  });
});

describe('rights', () => {
  it('are to read and to act when a grant names none', () => {
    expect(RIGHTS.filter((right) => hasRight(one(), right))).toEqual(['read', 'act']);
  });

  it('are had nowhere when a denial takes them everywhere', () => {
    expect(hasRight(one({}, { rights: ['act'] }), 'act')).toBe(false);
    expect(hasRight(one({}, { rights: ['act'], projects: ['test'] }), 'act')).toBe(true);
  });

  it('are had only in projects that are not denied', () => {
    const who = one({ projects: ['*'] }, { projects: ['test'] });
    expect(projectsWith(who, 'act', PROJECTS)).toEqual(['prod']);
  });
});

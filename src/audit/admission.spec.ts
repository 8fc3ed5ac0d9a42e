import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { admit, emptyState, noteAdmitted, rejectionOf, type AdmissionState } from './admission.js';
import { admissionNeeds } from './admission-state.js';
import { appendsIn, appendSteps, decisions } from './admission.fixture.js';
import type { AuditAppend, DialectName, ImpactBudget } from './audit.engine.js';
import { EmbeddedDatabase } from './embedded.database.js';

const NOW = 1_000_000;
const HOUR = 100;
const DAY = 1_000;

const stateOf = (dialect: DialectName = 'sqlite') =>
  emptyState(dialect, dialect === 'postgres' ? 'this-process' : null);

let operations = 0;
function intent(more: Partial<AuditAppend> & { caller?: string } = {}): AuditAppend {
  const { caller = 'portal', ...rest } = more;
  const operation = {
    caller,
    type: 'ignore',
    project: 'p',
    enterpriseProjectId: '0',
    asked: '',
    eventIds: [],
  };
  return { kind: 'intent', at: NOW, operationId: `op-${(operations += 1)}`, body: '', operation, ...rest };
}

const reach = (hosts: readonly string[], more: Partial<ImpactBudget> = {}): ImpactBudget => ({
  alarms: hosts.length,
  hosts,
  dayStart: NOW - DAY,
  hourStart: NOW - HOUR,
  ...more,
});

const outcome = (operationId: string | null, more: Partial<AuditAppend> = {}): AuditAppend => ({
  ...{ kind: 'outcome', at: NOW, operationId, body: '', status: 'applied', byOwner: true },
  ...more,
});

const written = (state: AdmissionState, entries: readonly AuditAppend[]): readonly number[] => {
  const accepted: AuditAppend[] = [];
  admit(entries, state, (entry) => accepted.push(entry));
  return accepted.map((entry) => entries.indexOf(entry));
};

describe('a claim', () => {
  const claims = [{ key: 'k', fingerprint: 'f', voidBefore: NOW - 10 }];

  it('is of the first that comes, and the others learn whose it is', () => {
    const [one, another] = [intent({ claims }), intent({ claims })];
    expect(admit([one, another], stateOf(), () => undefined)).toEqual([
      { index: 1, why: { reason: 'claimed', key: 'k', operationId: one.operationId, fingerprint: 'f' } },
    ]);
  });

  it('is of one caller only, and of no one any more once it is void or released', () => {
    const state = stateOf();
    const one = intent({ claims });
    expect(written(state, [one, intent({ claims, caller: 'bot' })])).toEqual([0, 1]);
    const later = [{ key: 'k', fingerprint: 'g', voidBefore: NOW + 1 }];
    expect(rejectionOf(intent({ claims: later }), state)).toBeUndefined();
    noteAdmitted(outcome(one.operationId, { releases: { caller: 'portal', keys: ['k'] } }), state);
    expect(rejectionOf(intent({ claims }), state)).toBeUndefined();
  });

  it('is not released by an operation whose it is not', () => {
    const state = stateOf();
    noteAdmitted(intent({ claims }), state);
    noteAdmitted(outcome('op-else', { releases: { caller: 'portal', keys: ['k'] } }), state);
    expect(rejectionOf(intent({ claims }), state)?.reason).toBe('claimed');
  });
});

describe('a budget', () => {
  const dialects = fc.constantFrom<DialectName>('sqlite', 'postgres');

  it('of hosts is never exceeded, and refuses nothing that it has room for', () => {
    const requests = fc.array(
      fc.uniqueArray(fc.constantFrom('a', 'b', 'C', 'd\0', 'e', 'f'), { minLength: 1 }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(dialects, requests, fc.integer({ min: 1, max: 6 }), (dialect, hosts, mostHosts) => {
        const state = stateOf(dialect);
        const reached = new Set<string>();
        for (const some of hosts) {
          const after = new Set([...reached, ...some]);
          const [rejected] = admit([intent({ reach: reach(some, { mostHosts }) })], state, () => undefined);
          if (after.size > mostHosts) {
            expect(rejected?.why).toEqual({ reason: 'too_many_hosts', hosts: after.size });
          } else {
            expect(rejected).toBeUndefined();
            for (const host of some) reached.add(host);
          }
        }
      }),
    );
  });

  it('of alarms is never exceeded, and refuses nothing that it has room for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 })),
        fc.integer({ min: 1, max: 30 }),
        (sizes, mostAlarms) => {
          const state = stateOf();
          let reached = 0;
          for (const alarms of sizes) {
            const entry = intent({ reach: reach([], { alarms, mostAlarms }) });
            const [rejected] = admit([entry], state, () => undefined);
            if (reached + alarms > mostAlarms) {
              const oldestAt = reached > 0 ? NOW : NOW - DAY;
              expect(rejected?.why).toEqual({ reason: 'too_many_alarms', alarms: reached, oldestAt });
            } else {
              expect(rejected).toBeUndefined();
              reached += alarms;
            }
          }
        },
      ),
    );
  });

  it('counts hosts of the hour only, and none from before the brake was released', () => {
    const state = stateOf();
    for (const [host, at] of [
      ['old', NOW - HOUR],
      ['looked-at', NOW - 50],
      ['new', NOW - 10],
    ] as const)
      state.hosts.push({ caller: 'portal', operationId: null, host, at });
    const hostsNow = () => {
      const why = rejectionOf(intent({ reach: reach(['x'], { mostHosts: 0 }) }), state);
      return why?.reason === 'too_many_hosts' ? why.hosts : why?.reason;
    };
    expect(hostsNow()).toBe(3);
    noteAdmitted(intent({ operationId: null, brake: { caller: 'portal', engaged: true } }), state);
    expect(hostsNow()).toBe('braked');
    noteAdmitted({ ...intent(), at: NOW - 50, brake: { caller: 'portal', engaged: false } }, state);
    expect(hostsNow()).toBe(2);
  });

  it('holds nothing back of what reaches nothing, nor of another caller', () => {
    const state = stateOf();
    noteAdmitted(intent({ operationId: null, brake: { caller: 'portal', engaged: true } }), state);
    expect(rejectionOf(intent(), state)).toBeUndefined();
    expect(rejectionOf(intent({ caller: 'bot', reach: reach(['a']) }), state)).toBeUndefined();
    expect(rejectionOf(intent({ reach: reach(['a']) }), state)).toEqual({ reason: 'braked', since: NOW });
  });

  it('is not used by what is only asked about', () => {
    const entries = [1, 2, 3].map(() =>
      intent({
        operationId: null,
        rehearsed: true,
        reach: reach(['a', 'b'], { mostHosts: 2, mostAlarms: 2 }),
      }),
    );
    expect(admit(entries, stateOf(), () => undefined)).toEqual([]);
    expect(written(stateOf(), entries)).toEqual([]);
  });
});

describe('a record of an operation', () => {
  const owned = (instance: string | null, status = 'pending') => {
    const state = stateOf(instance === null ? 'sqlite' : 'postgres');
    state.operations.set('op', { status, instance });
    return state;
  };

  it('is written by nobody but its owner, where several processes share the store', () => {
    expect(rejectionOf(outcome('op'), owned('this-process'))).toBeUndefined();
    expect(rejectionOf(outcome('op'), owned('another'))).toEqual({ reason: 'taken_over' });
    expect(rejectionOf(outcome('op'), stateOf('postgres'))).toEqual({ reason: 'taken_over' });
    expect(rejectionOf(outcome('op', { byOwner: undefined } as never), owned('another'))).toBeUndefined();
    expect(rejectionOf(outcome('op'), stateOf())).toBeUndefined();
  });

  it.each([null, 'this-process'])(
    'that is late is written while nothing else concluded it (%s)',
    (instance) => {
      const late = outcome('op', { late: true });
      expect(rejectionOf(late, owned(instance))).toBeUndefined();
      expect(rejectionOf(late, owned(instance, 'applied'))).toEqual({ reason: 'taken_over' });
      expect(written(owned(instance), [late, late])).toEqual([0]);
    },
  );
});

describe('what has to be read', () => {
  it('is nothing where nothing depends on it', () => {
    const nothing = { operations: [], claims: [], brakes: [], days: [], hours: [], holds: [] };
    expect(admissionNeeds([intent(), outcome('op')], { instance: null })).toEqual(nothing);
  });

  it('is the owner where the store is shared, the claims, and each limit from its earliest beginning', () => {
    const claims = [{ key: 'k', fingerprint: 'f', voidBefore: 0 }];
    const entries = [
      intent({ claims, reach: reach(['a'], { mostHosts: 1 }) }),
      intent({ reach: reach(['b'], { mostHosts: 1, hourStart: 7 }) }),
      intent({ caller: 'bot', reach: reach([], { mostAlarms: 5 }) }),
      outcome('op'),
    ];
    expect(admissionNeeds(entries, { instance: 'this-process' })).toEqual({
      holds: [],
      operations: [{ id: 'op' }],
      claims: [{ caller: 'portal', key: 'k' }],
      brakes: [{ caller: 'portal' }, { caller: 'bot' }],
      days: [{ caller: 'bot', earliest: NOW - DAY, latest: NOW - DAY }],
      hours: [{ caller: 'portal', earliest: 7 }],
    });
    const late = admissionNeeds([outcome('op', { late: true })], { instance: null });
    expect(late.operations).toEqual([{ id: 'op' }]);
  });

  it('is a limit of one entry also where another entry of the caller has none', () => {
    const limited = intent({ reach: reach(['a'], { mostAlarms: 1, mostHosts: 1 }) });
    for (const entries of [
      [limited, intent({ reach: reach(['b']) })],
      [intent({ reach: reach(['b']) }), limited],
    ]) {
      expect(admissionNeeds(entries, { instance: null })).toMatchObject({
        days: [{ caller: 'portal', earliest: NOW - DAY }],
        hours: [{ caller: 'portal', earliest: NOW - HOUR }],
      });
    }
  });
});

describe('one append of several entries', () => {
  it('decides and writes as many appends of one', async () => {
    await fc.assert(
      fc.asyncProperty(appendSteps, async (steps) => {
        const store = new EmbeddedDatabase(':memory:');
        const together = await decisions(store, 'x', appendsIn('x', steps));
        const single = appendsIn('y', steps).flatMap((entries) => entries.map((entry) => [entry]));
        expect(together).toEqual(await decisions(store, 'y', single));
        store.close();
      }),
      { numRuns: 600 },
    );
  });

  it('counts for each entry what lies in its own day', () => {
    const store = new EmbeddedDatabase(':memory:');
    const began = (at: number, alarms: number, more: Partial<ImpactBudget> = {}) => ({
      ...intent({ reach: reach([], { alarms, ...more }) }),
      at,
    });
    for (const at of [NOW, NOW + 2]) {
      const entry = began(at, 3);
      store.append([entry, outcome(entry.operationId)]);
    }
    const limits = [NOW - 1, NOW, NOW + 2].map((dayStart) => ({ mostAlarms: 6, dayStart }));
    const rejected = store.append(limits.map((limit) => began(NOW + 3, 4, limit)));
    expect(rejected.map(({ index, why }) => [index, why])).toEqual([
      [0, { reason: 'too_many_alarms', alarms: 6, oldestAt: NOW }],
      [1, { reason: 'too_many_alarms', alarms: 3, oldestAt: NOW + 2 }],
    ]);
    store.close();
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Config } from '../src/config/config.js';
import { OperationRequestPipe, violationsOf } from '../src/operations/prepare/operation-request.pipe.js';
import { OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { Problem } from '../src/problems/problem.js';
import { mutated, mutations } from './support/mutations.js';
import {
  anyRequest,
  detail,
  NEEDED_DETAILS,
  requestOf,
  type JsonObject,
} from './support/operation-requests.js';

const MAX_ALARMS = 4;
const pipe = new OperationRequestPipe({ limits: { alarmsPerRequest: MAX_ALARMS } } as Config);

/** What the compiled check says of a body; the report is only written when it says no. */
function isAccepted(body: unknown): boolean {
  try {
    return pipe.transform(body) === body;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

const NOTHING = Symbol('nothing is there');

/** The names in a JSON Pointer (RFC 6901). */
const namesIn = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function resolve(value: unknown, names: readonly string[]): unknown {
  return names.reduce(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as JsonObject)[name] : NOTHING,
    value,
  );
}

describe('the compiled check and the report', () => {
  it.each(OPERATION_TYPE_NAMES)('both let every valid request of %s through', (operation) => {
    fc.assert(
      fc.property(requestOf(operation), (request) => {
        expect(violationsOf(request, MAX_ALARMS)).toEqual([]);
        expect(isAccepted(request)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('agree on every request that was tampered with', () => {
    fc.assert(
      fc.property(anyRequest, mutations, (request, changes) => {
        const body = mutated(request, changes);
        expect(violationsOf(body, MAX_ALARMS).length === 0).toBe(isAccepted(body));
      }),
      { numRuns: 1_500 },
    );
  });

  it('agree on any JSON whatever', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(violationsOf(body, MAX_ALARMS).length === 0).toBe(isAccepted(body));
      }),
    );
  });

  it('leave what they looked at as it was', () => {
    fc.assert(
      fc.property(anyRequest, mutations, (request, changes) => {
        const body = mutated(request, changes);
        const copy = structuredClone(body);
        violationsOf(body, MAX_ALARMS);
        isAccepted(body);
        expect(body).toEqual(copy);
      }),
      { numRuns: 200 },
    );
  });

  it('point at what is wrong, or at what is missing from what is there', () => {
    fc.assert(
      fc.property(anyRequest, mutations, (request, changes) => {
        const body = mutated(request, changes);
        for (const { pointer = 'none', rule } of violationsOf(body, MAX_ALARMS)) {
          const names = namesIn(pointer);
          if (!rule.startsWith('required'))
            expect([pointer, resolve(body, names)]).not.toEqual([pointer, NOTHING]);
          else
            expect([pointer, resolve(body, names), resolve(body, names.slice(0, -1))]).toEqual([
              pointer,
              NOTHING,
              expect.any(Object),
            ]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what an operation type requires', () => {
  /** Alarms whose details carry any of the fields, have none, or are missing altogether. */
  const alarms = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(detail([]), { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom([], undefined) },
    ),
    { minLength: 1, maxLength: MAX_ALARMS },
  );

  it.each(OPERATION_TYPE_NAMES)(
    'of %s is told field by field, all of it at once, and nothing more',
    (operation) => {
      const needed = NEEDED_DETAILS[operation];
      fc.assert(
        fc.property(alarms, (detailsOfEach) => {
          const body = {
            operation,
            alarms: detailsOfEach.map((details, index) => ({
              eventId: `event-${index}`,
              eventClassId: 'rootkit_0001',
              eventType: 1010,
              occurTime: 1_672_046_760_353,
              ...(details && { details }),
            })),
          };
          const missing = detailsOfEach.flatMap((details, index) => {
            if (needed.length === 0) return [];
            const at = `/alarms/${index}/details`;
            if (details === undefined) return [[at, 'required_for', `details is required for ${operation}`]];
            if (details.length === 0) return [[at, 'list', 'details must be a list of 1 to 100 objects']];
            return details.flatMap((each, place) =>
              needed
                .filter((name) => !(name in each))
                .map((name) => [
                  `${at}/${place}/${name}`,
                  'required_for',
                  `${name} is required for ${operation}`,
                ]),
            );
          });
          const told = violationsOf(body, MAX_ALARMS).map(({ pointer, rule, message }) => [
            pointer,
            rule,
            message,
          ]);
          expect(told.sort()).toEqual(missing.sort());
          expect(isAccepted(body)).toBe(missing.length === 0);
        }),
        { numRuns: 60 },
      );
    },
  );
});

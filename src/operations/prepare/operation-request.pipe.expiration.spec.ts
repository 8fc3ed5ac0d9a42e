import { describe, expect, it } from '@jest/globals';

import { OPERATION_TYPE_NAMES } from '../../domain/operation-type.js';
import { expirationViolations } from './operation-request.pipe.js';
import { TIME_BOXED } from './operation-request.types.js';

const NOW = Date.UTC(2026, 7, 16);
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();
const rulesOf = (body: object) => expirationViolations(body, NOW).map(({ rule }) => rule);

describe('an expiration', () => {
  it.each(OPERATION_TYPE_NAMES)('is for %s, or refused with those it is for', (operation) => {
    const violations = expirationViolations({ operation, expiresAt: at(1_000) }, NOW);
    if (TIME_BOXED.includes(operation)) expect(violations).toEqual([]);
    else expect(violations).toMatchObject([{ pointer: '/expiresAt', rule: 'only_for', allowed: TIME_BOXED }]);
  });

  it.each([
    [at(0), ['in_the_future']],
    [at(-1_000), ['in_the_future']],
    [at(1), []],
    [at(365 * 86_400_000), []],
    [at(367 * 86_400_000), ['within_a_year']],
  ])('%s is reported with what is wrong with it', (expiresAt, rules) => {
    expect(rulesOf({ operation: 'ignore', expiresAt })).toEqual(rules);
  });

  it('does not go with rules that cannot be undone, and all of it is reported at once', () => {
    const body = { operation: 'unhandle', expiresAt: at(-1), whitelistRules: [] };
    expect(rulesOf(body)).toEqual(['only_for', 'excludes', 'in_the_future']);
  });

  it('may be left out, and is otherwise left to the check of its form', () => {
    expect(rulesOf({ operation: 'unhandle' })).toEqual([]);
    for (const expiresAt of [null, 1, 'tomorrow', '2026-08-17']) {
      expect(rulesOf({ operation: 'ignore', expiresAt })).toEqual([]);
    }
  });
});

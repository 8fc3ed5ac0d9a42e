import { describe, expect, it } from '@jest/globals';

import { ALL_GRANTED, ENTERPRISE_PROJECT } from './scope.js';
import { allowsEnterpriseProject } from '../access/grants.js';

const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';

describe('the id of an enterprise project', () => {
  it.each(['0', SHOP, SHOP.toUpperCase(), ALL_GRANTED])('may be written as %s', (id) => {
    expect(id).toMatch(ENTERPRISE_PROJECT);
  });

  it.each([
    '',
    '00',
    '1',
    'ALL_GRANTED_EPS',
    'all_granted',
    SHOP.slice(1),
    `${SHOP} `,
    `${SHOP}\n`,
    SHOP.replaceAll('-', ''),
    `{${SHOP}}`,
    '0&x=1',
  ])('may not be written as %j', (id) => {
    expect(id).not.toMatch(ENTERPRISE_PROJECT);
  });
});

describe('a grant', () => {
  it.each<[string[], string, boolean]>([
    [['0'], '0', true],
    [['0'], SHOP, false],
    [['*'], SHOP, true],
    [['*'], '0', true],
    [['*'], ALL_GRANTED, false],
    [['*', ALL_GRANTED], ALL_GRANTED, true],
    [[ALL_GRANTED], ALL_GRANTED, true],
    [[ALL_GRANTED], '0', false],
    [[], '0', false],
  ])('of %j covers %s: %s', (granted, id, covered) => {
    expect(allowsEnterpriseProject(granted, id)).toBe(covered);
  });
});

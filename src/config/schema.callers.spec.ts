import { describe, expect, test } from '@jest/globals';
import { DIGEST, loadWith, OTHER_DIGEST, problemsIn } from './config.fixture.js';
import type { CallerConfig } from './config.js';

const GRANT = '{ operations: ["*"], projects: [default], enterpriseProjects: ["0"] }';
const EPS = '0C0FFEE0-0000-4000-8000-00000000ABCD';

function caller({ id = 'soc-portal', keys = `[{ sha256: ${DIGEST} }]`, grants = `[${GRANT}]` } = {}): string {
  return `  - { id: ${id}, keys: ${keys}, grants: ${grants} }\n`;
}

function loadCallers(...callers: string[]): readonly CallerConfig[] {
  return loadWith({}, `callers:\n${callers.join('')}`).callers;
}

function refused(...callers: string[]): Record<string, string> {
  return problemsIn(() => loadCallers(...callers));
}

describe('callers', () => {
  test('have keys and grants', () => {
    const grants = `[{ operations: [ignore, unhandle], projects: [default, "*"], enterpriseProjects: [0, ${EPS}, all_granted_eps, "*"] }]`;
    expect(
      loadCallers(caller({ id: 'chat-ops-2', keys: `[{ sha256: ${DIGEST.toUpperCase()} }]`, grants })),
    ).toEqual([
      {
        id: 'chat-ops-2',
        keys: [{ sha256: DIGEST }],
        grants: [
          {
            operations: ['ignore', 'unhandle'],
            projects: ['default', '*'],
            enterpriseProjects: ['0', EPS.toLowerCase(), 'all_granted_eps', '*'],
          },
        ],
      },
    ]);
  });

  test.each([
    ['2027-06-30', '2027-07-01T00:00:00Z'],
    ['2027-12-31', '2028-01-01T00:00:00Z'],
    ['2028-02-29', '2028-03-01T00:00:00Z'],
    ['2027-06-30T12:00:00Z', '2027-06-30T12:00:00Z'],
    ['2027-06-30t12:00:00.5z', '2027-06-30T12:00:00.500Z'],
    ['2027-06-30T12:00:00+08:00', '2027-06-30T04:00:00Z'],
  ])('have keys that expire: %s', (written, time) => {
    const [read] = loadCallers(caller({ keys: `[{ sha256: ${DIGEST}, expiresAt: "${written}" }]` }));
    expect(read?.keys[0]?.expiresAt).toBe(Date.parse(time));
  });

  test.each([
    '2027-02-29',
    '2027-02-29T00:00:00Z',
    '2027-13-01',
    '2027-06-30T12:00:00',
    '2027-06-30T25:00:00Z',
    '2027-06-30 12:00',
    '2027-06-30T12:00:00+99:99',
    '30.06.2027',
    '1814313600000',
    'tomorrow',
  ])('have no keys that expire at %s', (written) => {
    expect(refused(caller({ keys: `[{ sha256: ${DIGEST}, expiresAt: "${written}" }]` }))).toEqual({
      'callers[0].keys[0].expiresAt': expect.stringContaining('must be a date such as 2027-06-30'),
    });
  });

  test.each(['Soc', '-soc', 'soc_portal', 'a'.repeat(65), '"*"'])('have no id like %s', (id) => {
    expect(refused(caller({ id }))).toEqual({
      'callers[0].id': expect.stringContaining('1 to 64 lower-case letters'),
    });
  });

  test('have an id of their own', () => {
    expect(refused(caller(), caller({ keys: `[{ sha256: ${OTHER_DIGEST} }]` }))).toEqual({
      'callers[1].id': expect.stringContaining('repeats the id of another caller'),
    });
  });

  test('share no key, in whatever letter case', () => {
    const problem = expect.stringContaining('repeats another key');
    const keys = `[{ sha256: ${OTHER_DIGEST} }, { sha256: ${DIGEST.toUpperCase()} }]`;
    expect(refused(caller(), caller({ id: 'other', keys }))).toEqual({
      'callers[1].keys[1].sha256': problem,
    });
    expect(refused(caller({ keys: `[{ sha256: ${DIGEST} }, { sha256: ${DIGEST} }]` }))).toEqual({
      'callers[0].keys[1].sha256': problem,
    });
  });

  test.each([
    ['', 'is missing'],
    [DIGEST.slice(1), 'must be the SHA-256 digest'],
    [`${DIGEST}0`, 'must be the SHA-256 digest'],
    ['g'.repeat(64), 'must be the SHA-256 digest'],
    ['E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'is the digest of an empty key'],
    ['01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b', 'is the digest of an empty key'],
    [
      '8D048fcb22119d796dd0e35dbd170095b88e9f4c3b11ec4dbb6e086760e26ed4',
      'is the digest of a key that is published',
    ],
  ])('have no key like "%s"', (digest, problem) => {
    expect(refused(caller({ keys: `[{ sha256: "${digest}" }]` }))).toEqual({
      'callers[0].keys[0].sha256': expect.stringContaining(problem),
    });
  });

  test.each([
    ['keys', caller({ keys: '[]' }), 'must be a list of at least one key'],
    ['keys', `  - { id: a, grants: [${GRANT}] }\n`, 'is missing'],
    ['grants', caller({ grants: '[]' }), 'must be a list of at least one grant'],
    ['grants[0]', caller({ grants: '["*"]' }), 'must be a mapping with the keys rights, operations'],
    [
      'name',
      `  - { id: a, name: A, keys: [{ sha256: ${DIGEST} }], grants: [${GRANT}] }\n`,
      'is not a known key',
    ],
  ])('are refused for their %s', (key, written, problem) => {
    expect(refused(written)).toEqual({ [`callers[0].${key}`]: expect.stringContaining(problem) });
  });
});

describe('what else callers may have', () => {
  const withMore = (more: string, keys = `[{ sha256: ${DIGEST} }]`) =>
    `  - { id: bot, keys: ${keys}, grants: [${GRANT}], ${more} }\n`;

  test('address ranges, for all of their credentials and for one key', () => {
    const keys = `[{ sha256: ${DIGEST}, id: blue, from: [192.0.2.7] }]`;
    const [read] = loadCallers(withMore('from: [10.0.0.0/8, "2001:db8::/32"]', keys));
    expect(read).toMatchObject({
      from: ['10.0.0.0/8', '2001:db8::/32'],
      keys: [{ sha256: DIGEST, id: 'blue', from: ['192.0.2.7'] }],
    });
  });

  test.each([
    ['true', true],
    ['false', false],
  ])('the word of whom they act for: %s', (written, expected) => {
    expect(loadCallers(withMore(`onBehalfOf: ${written}`))[0]?.onBehalfOf).toBe(expected);
  });

  test.each([
    ['from: 10.0.0.0/8', 'from', 'must be a list of at least one address or range'],
    ['from: [10.0.0.0/33]', 'from[0]', 'must be an address or a range in CIDR notation'],
    ['from: [office]', 'from[0]', 'must be an address or a range in CIDR notation'],
    ['onBehalfOf: yes', 'onBehalfOf', 'must be one of true, false'],
    ['deny: []', 'deny', 'must be a list of at least one denial'],
    ['deny: [{}]', 'deny[0]', 'must name at least one of rights, operations'],
  ])('and not %s', (more, key, problem) => {
    expect(refused(withMore(more))).toEqual({ [`callers[0].${key}`]: expect.stringContaining(problem) });
  });

  test('key ids, each its own', () => {
    const keys = `[{ sha256: ${DIGEST}, id: blue }, { sha256: ${OTHER_DIGEST}, id: blue }]`;
    expect(refused(caller({ keys }))).toEqual({
      'callers[0].keys[1].id': expect.stringContaining('repeats the id of another key of this caller'),
    });
    expect(refused(caller({ keys: `[{ sha256: ${DIGEST}, id: "a b" }]` }))).toEqual({
      'callers[0].keys[0].id': expect.stringContaining('must be 1 to 64 letters'),
    });
  });
});

describe('grants', () => {
  test('may be limited by right, event type and severity, and narrowed by denials', () => {
    const grants = `[{ rights: [read, act, approve, audit], operations: ["*"], projects: [default], enterpriseProjects: ["*"], eventTypes: [1010, 3007], severities: [Low, Critical] }]`;
    const denials = `deny: [{ operations: [isolate_and_kill] }, { rights: [act], severities: [Critical], enterpriseProjects: [${EPS}] }]`;
    const [read] = loadCallers(caller({ grants }).replace(' }\n', `, ${denials} }\n`));
    expect(read?.grants).toEqual([
      {
        rights: ['read', 'act', 'approve', 'audit'],
        operations: ['*'],
        projects: ['default'],
        enterpriseProjects: ['*'],
        eventTypes: [1010, 3007],
        severities: ['Low', 'Critical'],
      },
    ]);
    expect(read?.denials).toEqual([
      { operations: ['isolate_and_kill'] },
      { rights: ['act'], severities: ['Critical'], enterpriseProjects: [EPS.toLowerCase()] },
    ]);
  });

  test('may hold only for alarms that are named by their ids', () => {
    const withIt = (value: string) => `[${GRANT.replace(' }', `, byIdOnly: ${value} }`)}]`;
    expect(loadCallers(caller({ grants: withIt('true') }))[0]?.grants[0]?.byIdOnly).toBe(true);
    expect(loadCallers(caller({ grants: withIt('false') }))[0]?.grants[0]).not.toHaveProperty('byIdOnly');
    expect(refused(caller({ grants: withIt('maybe') }))).toEqual({
      'callers[0].grants[0].byIdOnly': 'must be one of true, false',
    });
  });

  test('name no operation types where they give only rights to look', () => {
    const grants = '[{ rights: [read, audit], projects: ["*"], enterpriseProjects: ["*"] }]';
    expect(loadCallers(caller({ grants }))[0]?.grants[0]?.operations).toEqual([]);
    const acting = grants.replace('audit', 'approve');
    expect(Object.keys(refused(caller({ grants: acting })))).toEqual(['callers[0].grants[0].operations']);
  });

  test.each([
    ['rights: []', 'rights', 'must be a list of at least one right'],
    ['rights: [write]', 'rights[0]', 'must be one of read, act, approve, audit'],
    ['eventTypes: [any]', 'eventTypes[0]', 'must be an event type code'],
    ['eventTypes: [1010.5]', 'eventTypes[0]', 'must be an event type code'],
    ['severities: [low]', 'severities[0]', 'did you mean "Low"?'],
  ])('are refused for %s', (part, key, problem) => {
    expect(refused(caller({ grants: `[${GRANT.replace(' }', `, ${part} }`)}]` }))).toEqual({
      [`callers[0].grants[0].${key}`]: expect.stringContaining(problem),
    });
  });

  test.each([
    ['operations', '[]', '', 'must be a list of at least one operation type'],
    ['operations', '"*"', '', 'must be a list of at least one operation type'],
    ['operations', '[ignore, isolate]', '[1]', 'must be one of *, mark_as_handled'],
    ['operations', '[isolate_and_kil]', '[0]', 'did you mean "isolate_and_kill"?'],
    ['operations', '[[ignore]]', '[0]', 'must be one of'],
    ['projects', '[]', '', 'must be a list of at least one project name'],
    ['projects', '[prod]', '[0]', 'must be "*" or the name of a configured project'],
    ['enterpriseProjects', '[]', '', 'must be a list of at least one enterprise project'],
    ['enterpriseProjects', '["0", "1"]', '[1]', 'must be "*", 0, the 36-character id'],
    ['enterpriseProjects', '[""]', '[0]', 'is missing'],
  ])('are refused for %s: %s', (member, list, index, problem) => {
    const lists = { operations: '["*"]', projects: '["*"]', enterpriseProjects: '["*"]', [member]: list };
    const grant = Object.entries(lists).map(([name, value]) => `${name}: ${value}`);
    expect(refused(caller({ grants: `[{ ${grant.join(', ')} }]` }))).toEqual({
      [`callers[0].grants[0].${member}${index}`]: expect.stringContaining(problem),
    });
  });

  test('may not leave a list out', () => {
    expect(Object.keys(refused(caller({ grants: '[{ operations: ["*"] }]' })))).toEqual([
      'callers[0].grants[0].projects',
      'callers[0].grants[0].enterpriseProjects',
    ]);
  });
});

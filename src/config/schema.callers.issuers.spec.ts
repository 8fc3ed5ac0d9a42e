import { describe, expect, test } from '@jest/globals';
import { CALLERS, loadWith, problemsIn } from './config.fixture.js';
import type { Config } from './config.js';

const ISSUER =
  'name: corporate, issuer: https://login.example.com, jwksUrl: https://login.example.com/jwks, audiences: [hss-gateway]';
const RULE = '{ issuer: corporate, claims: [{ name: azp, value: soc-portal }] }';
const GRANTS = 'grants: [{ operations: ["*"], projects: ["*"], enterpriseProjects: ["*"] }]';

const yamlOf = (issuers: string, callers = CALLERS) => `${callers}\nissuers: ${issuers}\n`;
const load = (issuers: string, callers?: string): Config => loadWith({}, yamlOf(issuers, callers));
const refused = (issuers: string, callers?: string) => problemsIn(() => load(issuers, callers));

describe('issuers', () => {
  test('are known by name, with the usual algorithms and types', () => {
    expect(load(`[{ ${ISSUER} }]`).issuers).toEqual([
      {
        name: 'corporate',
        issuer: 'https://login.example.com',
        jwksUrl: 'https://login.example.com/jwks',
        audiences: ['hss-gateway'],
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        types: ['at+jwt', 'jwt'],
      },
    ]);
  });

  test('may name algorithms and types of their own', () => {
    const [issuer] = load(`[{ ${ISSUER}, algorithms: [ES384], types: [AT+JWT] }]`).issuers ?? [];
    expect(issuer).toMatchObject({ algorithms: ['ES384'], types: ['at+jwt'] });
  });

  test('are nobody when none is given', () => {
    expect(loadWith({}).issuers).toBeUndefined();
  });

  // What a shared secret would sign, and nothing at all, cannot be asked for.
  test.each(['HS256', 'HS512', 'none', 'RSA-OAEP', 'dir'])('never sign by %s', (algorithm) => {
    expect(refused(`[{ ${ISSUER}, algorithms: [${algorithm}] }]`)).toEqual({
      'issuers[0].algorithms[0]': expect.stringContaining('must be one of RS256'),
    });
  });

  test.each([
    'http://login.example.com/jwks',
    'https://user:password@login.example.com/jwks',
    'https://login.example.com/jwks#key',
    'https://login.example.com',
    'file:///etc/jwks.json',
    'https:\\\\login.example.com/jwks',
    'login.example.com/jwks',
  ])('publish no keys at %s', (url) => {
    const issuer = ISSUER.replace('https://login.example.com/jwks', `'${url}'`);
    expect(refused(`[{ ${issuer} }]`)).toEqual({
      'issuers[0].jwksUrl': expect.stringContaining('must be an https address'),
    });
  });

  test.each(['http://127.0.0.1:8080/jwks', 'http://localhost/jwks', 'http://[::1]:1/a?b=c'])(
    'may publish keys at %s',
    (url) => {
      const issuer = ISSUER.replace('https://login.example.com/jwks', `'${url}'`);
      expect(load(`[{ ${issuer} }]`).issuers?.[0]?.jwksUrl).toBe(url);
    },
  );

  test.each([
    [`[{ ${ISSUER} }, { ${ISSUER} }]`, ['issuers[1].name', 'issuers[1].issuer']],
    ['[{}]', ['issuers[0].name', 'issuers[0].issuer', 'issuers[0].jwksUrl', 'issuers[0].audiences']],
    [`[{ ${ISSUER}, secret: x }]`, ['issuers[0].secret']],
    ['[]', ['issuers']],
  ])('are refused when they are %s', (issuers, keys) => {
    expect(Object.keys(refused(issuers)).sort()).toEqual([...keys].sort());
  });
});

describe('token rules', () => {
  const callers = (...tokens: string[]) =>
    `callers:\n${tokens.map((rules, index) => `  - { id: caller-${index}, tokens: ${rules}, ${GRANTS} }\n`).join('')}`;

  test('say which tokens are a caller, who then needs no key', () => {
    expect(load(`[{ ${ISSUER} }]`, callers(`[${RULE}]`)).callers[0]).toMatchObject({
      keys: [],
      tokens: [{ issuer: 'corporate', claims: [{ name: 'azp', value: 'soc-portal' }] }],
    });
  });

  test.each([
    [
      '[{ issuer: corporat, claims: [{ name: a, value: b }] }]',
      'issuer',
      'must be the name of one of the issuers',
    ],
    ['[{ claims: [{ name: a, value: b }] }]', 'issuer', 'is missing'],
    ['[{ issuer: corporate, claims: [] }]', 'claims', 'must be a list of at least one claim'],
    ['[{ issuer: corporate, claims: [{ name: a }] }]', 'claims[0].value', 'is missing'],
  ])('are refused when they are %s', (rules, key, problem) => {
    expect(refused(`[{ ${ISSUER} }]`, callers(rules))).toEqual({
      [`callers[0].tokens[0].${key}`]: expect.stringContaining(problem),
    });
  });

  test('are of one caller each, in whatever order the claims stand', () => {
    const claims = ['{ name: a, value: b }', '{ name: c, value: d }'];
    const rule = (...in_: (string | undefined)[]) => `[{ issuer: corporate, claims: [${in_.join(', ')}] }]`;
    expect(refused(`[{ ${ISSUER} }]`, callers(rule(...claims), rule(claims[1], claims[0])))).toEqual({
      'callers[1].tokens[0]': expect.stringContaining('repeats another token rule'),
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError } from './config.error.js';
import { CALLERS, ENVIRONMENT, load, PROJECT_ID, type Variables } from './config.fixture.js';
import type { Config } from './config.js';
import { describeConfig } from './describe-config.js';
import { PLAIN_VARIABLES } from './environment.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';

/** No text of ours holds it, and no edit of a few letters makes it one of ours. */
const SECRET = 'Zq7#wVx9';

const garbage = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '0',
    '1',
    '*',
    '-1',
    'NaN',
    'production',
    'cn-north-4',
    'default',
    PROJECT_ID,
    'gateway.yaml',
    '\0',
  ),
  fc.constantFrom(
    'https://x',
    'http://localhost:1/',
    'file:x',
    'postgres://u:p@h/d',
    ...OPERATION_TYPE_NAMES,
  ),
);

/** Any value of any variable, the usual one more often than not so that reading gets further than the first check. */
const environments: fc.Arbitrary<Variables> = fc
  .record(
    Object.fromEntries(
      [...PLAIN_VARIABLES, 'HSS_REGOIN', 'GATEWAY_X'].map((name) => [name, garbage]),
    ) as Record<string, fc.Arbitrary<string>>,
    { requiredKeys: [] },
  )
  .chain((wild) =>
    fc.subarray(Object.keys(wild)).map((kept) => Object.fromEntries(kept.map((name) => [name, wild[name]]))),
  )
  .chain((wild) => fc.constantFrom({}, ENVIRONMENT).map((usual) => ({ ...usual, ...wild })));

const KEYS = [
  'projects',
  'callers',
  'limits',
  'upstream',
  'name',
  'region',
  'projectId',
  'endpoint',
  'credentials',
];
const MORE_KEYS = [
  'domainName',
  'userName',
  'password',
  'passwordFile',
  'id',
  'keys',
  'sha256',
  'expiresAt',
  'grants',
];
const LAST_KEYS = [
  'operations',
  'enterpriseProjects',
  'enterpriseProjectId',
  'maxAttempts',
  'bodyBytes',
  'colour',
];

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'medium' }, garbage, fc.array(tie('tree'), { maxLength: 3 }), tie('mapping')),
  mapping: fc.dictionary(fc.constantFrom(...KEYS, ...MORE_KEYS, ...LAST_KEYS), tie('tree'), { maxKeys: 5 }),
}));

const documents = fc.oneof(
  fc.constant(CALLERS),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[a-z:&*!{}[\],'"\n #-]{0,80}$/),
  tree.map((value) => stringify(value)),
  fc.tuple(tree, tree).map(([projects, callers]) => stringify({ projects, callers })),
);

describe('loadConfig, whatever it is given', () => {
  test('returns a frozen configuration or throws a ConfigError', () => {
    const seen = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(environments, documents, (environment, yaml) => {
        const config = attempt(() => load(environment, yaml));
        if (config instanceof ConfigError) {
          seen.refused += 1;
          expect(config.problems.length).toBeGreaterThan(0);
        } else {
          seen.loaded += 1;
          expectFrozen(config);
        }
      }),
      { numRuns: 1000 },
    );
    // Else one half of the property would hold of nothing.
    expect(Math.min(seen.loaded, seen.refused)).toBeGreaterThan(20);
  });

  test('tells no secret, neither of what it refuses nor of what it runs with', () => {
    fc.assert(
      fc.property(planted(), ({ environment, yaml, files }) => {
        expect(toldOf(attempt(() => load(environment, yaml, files)))).not.toContain(SECRET);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['after a comma', `{ domainName: d, userName: u, password: a,${SECRET} }`],
    ['without a space', `{ domainName: d, userName: u, password:${SECRET} }`],
    ['as a key', `{ domainName: d, userName: u, ? ${SECRET} }`],
    ['in a broken quote', `{ domainName: d, userName: u, password: "${SECRET} }`],
    ['as an alias', `{ domainName: d, userName: u, password: *${SECRET} }`],
    ['as a tag', `{ domainName: d, userName: u, password: !${SECRET} x }`],
    ['under a tag', `{ domainName: d, userName: u, password: !x ${SECRET} }`],
    ['under a wrong name', `{ domainName: d, userName: u, pasword: ${SECRET} }`],
    ['as a list', `{ domainName: d, userName: u, password: [${SECRET}] }`],
    ['as all there is', SECRET],
  ])('tells no secret that was written wrongly: %s', (_, credentials) => {
    const yaml = `${CALLERS}projects: [{ name: p, region: cn-north-4, projectId: a, credentials: ${credentials} }]`;
    const error = attempt(() => load({ GATEWAY_CONFIG: 'gateway.yaml' }, yaml));
    expect(error).toBeInstanceOf(ConfigError);
    expect(toldOf(error)).not.toContain(SECRET);
  });
});

function attempt(loading: () => Config): Config | ConfigError {
  try {
    return loading();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Everything that may reach a log. */
function toldOf(result: Config | ConfigError): string {
  if (!(result instanceof ConfigError)) return JSON.stringify(describeConfig(result));
  return [
    result.message,
    result.stack,
    JSON.stringify(result),
    JSON.stringify(result.cause),
    String(result),
  ].join('\n');
}

/** A secret in each place that has one, whole or spoilt, amid any garbage. */
function planted(): fc.Arbitrary<{ environment: Variables; yaml: string; files: Record<string, string> }> {
  const secret = fc.constantFrom(
    SECRET,
    `${SECRET}\n`,
    `a\n${SECRET}`,
    `\0${SECRET}`,
    `postgres://u:${SECRET}@h/d`,
  );
  const place = fc.constantFrom(
    'IAM_PASSWORD',
    'IAM_PASSWORD_FILE',
    'GATEWAY_DATABASE_URL',
    'GATEWAY_DATABASE_URL_FILE',
  );
  const places = fc.dictionary(place, secret, { minKeys: 1 });
  return fc
    .tuple(environments, places, secret, documents, fc.boolean())
    .map(([environment, secrets, own, document, inFile]) => {
      const files = Object.fromEntries(
        Object.entries(secrets).map(([name, value]) => [`/run/${name}`, value]),
      );
      const variables = Object.entries(secrets).map(([name, value]) => [
        name,
        name.endsWith('_FILE') ? `/run/${name}` : value,
      ]);
      const credentials = { domainName: 'd', userName: 'u', password: own };
      const project = { name: 'own', region: 'cn-north-4', projectId: 'a', credentials };
      const yaml = inFile ? `${CALLERS}\n${stringify({ projects: [project] })}` : document;
      return {
        environment: { ...environment, ...(Object.fromEntries(variables) as Variables) },
        yaml,
        files,
      };
    });
}

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  if (value instanceof Map) {
    expect(() => value.set('x', 1)).toThrow('frozen');
    expect(() => value.delete('default')).toThrow('frozen');
    expect(() => value.clear()).toThrow('frozen');
  }
  const members: unknown[] = value instanceof Map ? [...value.values()] : Object.values(value);
  members.forEach(expectFrozen);
}

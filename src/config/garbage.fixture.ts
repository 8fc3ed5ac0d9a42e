import fc from 'fast-check';
import { stringify } from 'yaml';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import { ConfigError } from './field.js';
import { CALLERS, ENVIRONMENT, PROJECT_ID, type Variables } from './config.fixture.js';
import type { Config } from './config.js';
import { describeConfig } from './describe-config.js';
import { PLAIN_VARIABLES } from './environment.js';

/** No text of ours holds it, and no edit of a few letters makes it one of ours. Looks like a key, where YAML takes it for one. */
export const SECRET = 'Zq7wVx9Kp';

export const garbage = fc.oneof(
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

/** Garbage that holds the secret too, where no secret belongs. */
export const misplaced = fc.oneof(
  garbage,
  fc.constantFrom(SECRET, `${SECRET} `, `https://${SECRET}/x`, `file://${SECRET}`),
);

const NAMES = [...PLAIN_VARIABLES, 'HSS_REGOIN', 'GATEWAY_X'];

/** Any value of any variable, added to a usual start in half of the cases so that reading gets beyond what is missing. */
export function environments(values: fc.Arbitrary<string>): fc.Arbitrary<Variables> {
  const wild = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), values), {
    selector: ([name]) => name,
    maxLength: 6,
  });
  return fc
    .tuple(fc.constantFrom<Variables>({}, ENVIRONMENT), wild)
    .map(([usual, entries]) => ({ ...usual, ...Object.fromEntries(entries) }));
}

const KEYS = [
  ...['projects', 'callers', 'limits', 'upstream', 'name', 'region', 'projectId', 'endpoint', 'credentials'],
  ...['domainName', 'userName', 'password', 'passwordFile', 'id', 'keys', 'sha256', 'expiresAt', 'grants'],
  ...['issuers', 'deny', 'tokens', 'claims', 'value', 'jwksUrl', 'audiences', 'from', 'eventTypes', 'rights'],
  ...['operations', 'enterpriseProjects', 'enterpriseProjectId', 'maxAttempts', 'bodyBytes', 'colour'],
];

export function documents(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'medium' }, values, fc.array(tie('tree'), { maxLength: 3 }), tie('mapping')),
    mapping: fc.dictionary(fc.constantFrom(...KEYS), tie('tree'), { maxKeys: 5 }),
  }));
  return fc.oneof(
    fc.constant(CALLERS),
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[a-z:&*!{}[\],'"\n #-]{0,80}$/),
    tree.map((value) => stringify(value)),
    fc.tuple(tree, tree).map(([projects, callers]) => stringify({ projects, callers })),
    fc.tuple(values, values).map(shapedLikeOurs),
  );
}

/** What garbage seldom is: right but for its values. */
function shapedLikeOurs([one, other]: [string, string]): string {
  const credentials = { domainName: one, userName: other, passwordFile: other };
  const project = {
    name: one,
    region: other,
    projectId: one,
    endpoint: other,
    enterpriseProjectId: one,
    credentials,
  };
  const grant = { operations: [one], projects: [other], enterpriseProjects: [one] };
  const caller = {
    id: other,
    keys: [{ id: one, sha256: one, expiresAt: other, from: [one] }],
    tokens: [{ issuer: one, claims: [{ name: one, value: other }] }],
    grants: [grant],
    deny: [{ ...grant, rights: [one], eventTypes: [other], severities: [one] }],
    onBehalfOf: one,
    from: [other],
  };
  const issuer = {
    name: one,
    issuer: other,
    jwksUrl: other,
    audiences: [one],
    algorithms: [one],
    types: [other],
  };
  return stringify({
    projects: [project],
    callers: [caller],
    issuers: [issuer],
    limits: { bodyBytes: one },
  });
}

/** What loading comes to; fails when it throws anything but a `ConfigError`. */
export function attempt(loading: () => Config): Config | ConfigError {
  try {
    return loading();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Everything that may reach a log. */
export function toldOf(result: Config | ConfigError): string {
  if (!(result instanceof ConfigError)) return JSON.stringify(describeConfig(result));
  return [
    result.message,
    result.stack,
    JSON.stringify(result),
    JSON.stringify(result.cause),
    String(result),
  ].join('\n');
}

import { describe, expect, test } from '@jest/globals';
import { CALLERS, loadWith, problemsIn } from './config.fixture.js';
import { PLAIN_VARIABLES, SECRET_VARIABLES } from './environment.js';
import { problemOfVariable } from './environment.js';

const NAMES = [...PLAIN_VARIABLES, ...SECRET_VARIABLES];
const KNOWN = [...PLAIN_VARIABLES, ...SECRET_VARIABLES.flatMap((name) => [name, `${name}_FILE`])];
const reported = (name: string, value = 'x') => problemOfVariable(name, value, KNOWN);

describe('a variable that is not known', () => {
  test.each([
    ['GATEWAY_DB_URL', 'GATEWAY_DATABASE_URL'],
    ['GATEWAY_DATABASE', 'GATEWAY_DATABASE_URL'],
    ['GATEWAY_DB_URL_FILE', 'GATEWAY_DATABASE_URL_FILE'],
    ['HSS_GATEWAY_DATABASE_URL', 'GATEWAY_DATABASE_URL'],
    ['HSS_GATEWAY_PORT', 'PORT'],
    ['HSS_GATEWAY_LOGLEVEL', 'LOG_LEVEL'],
    ['GATEWAY_LOGLEVEL', 'LOG_LEVEL'],
    ['GATEWAY_LOG_LEVEL', 'LOG_LEVEL'],
    ['GATEWAY_PORT', 'PORT'],
    ['GATEWAY_HOST', 'HOST'],
    ['GATEWAY_NODE_ENV', 'NODE_ENV'],
    ['GATEWAY_CONFIG_FILE', 'GATEWAY_CONFIG'],
    ['GATEWAY_MASTER_KEY', 'GATEWAY_SIGNING_MASTER_KEY'],
    ['GATEWAY_HSS_REGION', 'HSS_REGION'],
    ['HSS_PROJECT', 'HSS_PROJECT_ID'],
    ['HSS_PROJECT_NAME', 'GATEWAY_PROJECT_NAME'],
    ['HSS_EPS_PROJECT_ID', 'HSS_ENTERPRISE_PROJECT_ID'],
    ['HSS_REGION_ID', 'HSS_REGION'],
    ['HSS_REGION2', 'HSS_REGION'],
    ['HSS_REGOIN', 'HSS_REGION'],
    ['HSS_ACCESS_KEY', 'HSS_AK'],
    ['HSS_ACCESS_KEY_ID', 'HSS_AK'],
    ['HSS_SECRET_KEY', 'HSS_SK'],
    ['HSS_SECRET_ACCESS_KEY_FILE', 'HSS_SK_FILE'],
    ['HSS_AKSK', 'HSS_AK'],
    ['HSS_URL', 'HSS_ENDPOINT'],
    ['HSS_API_URL', 'HSS_ENDPOINT'],
    ['IAM_URL', 'IAM_ENDPOINT'],
    ['IAM_BASE_URI', 'IAM_ENDPOINT'],
    ['HSS_TOKEN', 'HSS_SECURITY_TOKEN'],
    ['HSS_PASSWORD', 'IAM_PASSWORD'],
    ['IAM_USER', 'IAM_USER_NAME'],
    ['IAM_USERNAME', 'IAM_USER_NAME'],
    ['IAM_USER_NAME_FILE', 'IAM_USER_NAME'],
    ['IAM_PASS', 'IAM_PASSWORD'],
    ['IAM_PWD_FILE', 'IAM_PASSWORD_FILE'],
    ['IAM_PASSWORD_FLIE', 'IAM_PASSWORD_FILE'],
    ['IAM_DOMAIN', 'IAM_DOMAIN_NAME'],
    ['IAM_REGION', 'HSS_REGION'],
    ['iam_password', 'IAM_PASSWORD'],
    ['hss.region', 'HSS_REGION'],
    ['Gateway_Demo', 'GATEWAY_DEMO'],
  ])('%s is refused, with the name that was meant: %s', (name, meant) => {
    expect(reported(name)).toBe(`is not a known variable; did you mean ${meant}?`);
  });

  test('is refused where its name begins like ours, whatever follows', () => {
    for (const name of ['GATEWAY_COLOUR', 'GATEWAY_X', 'GATEWAY_'])
      expect(reported(name)).toMatch(/^is not a known variable, and its name begins like ours/);
  });

  test.each([
    ...['GATEWAY_SERVICE_HOST', 'GATEWAY_SERVICE_PORT', 'GATEWAY_SERVICE_PORT_HTTP', 'HSS_PORT_443_TCP'],
    ...['HSS_GATEWAY_SERVICE_HOST', 'HSS_GATEWAY_PORT_3000_TCP_ADDR', 'IAM_PORT_443_TCP_PROTO'],
    ...[
      'POTR',
      'LOGLEVEL',
      'DATABASE_URL',
      'HSS_HOST',
      'HSS_X',
      'IAM_ROLE',
      'IAM_ROLE_ARN',
      'HSSREGION',
      'MY_HSS_REGION',
    ],
    ...['gateway_colour', 'GATEWAY', 'HSS_AGENT\nID'],
  ])('%j is left alone: others may set it', (name) => {
    expect(reported(name)).toBeUndefined();
  });

  test.each(['GATEWAY_PORT', 'HSS_GATEWAY_PORT', 'IAM_PORT', 'HSS_PORT'])(
    '%s is left alone where Kubernetes set it for a service',
    (name) => {
      expect(reported(name, 'tcp://10.0.0.1:80')).toBeUndefined();
    },
  );

  test('is refused before a start, all of them at once, by their names', () => {
    const wrong = { GATEWAY_DB_URL: 'file:x', GATEWAY_LOGLEVEL: 'debug', HSS_PROJECT: 'p', IAM_USER: 'u' };
    expect(problemsIn(() => loadWith(wrong))).toEqual(
      Object.fromEntries(Object.keys(wrong).map((name) => [name, expect.stringContaining('did you mean')])),
    );
  });

  test('is no problem where it is empty: compose files pass unset variables on so', () => {
    expect(() => loadWith({ GATEWAY_DB_URL: '', GATEWAY_COLOUR: undefined }, CALLERS)).not.toThrow();
  });
});

/** How people shorten, join and lengthen the names they half remember. */
const SLIPS: Readonly<Record<string, (name: string) => string>> = {
  'a letter left out': (name) => name.slice(0, -2) + name.slice(-1),
  'small letters': (name) => name.toLowerCase(),
  'the last word left out': (name) => name.replace(/_[A-Z]+$/, ''),
  'the last two words joined': (name) => name.replace(/(_.*)_([A-Z]+)$/, '$1$2'),
  'a word too many': (name) => `${name}_VALUE`,
  'our prefix in front': (name) => (name.startsWith('GATEWAY_') ? `HSS_${name}` : `GATEWAY_${name}`),
};

describe('every variable', () => {
  const prefixed = NAMES.filter((name) => /^(?:GATEWAY|HSS|IAM)_/.test(name));

  test('is itself no problem', () => {
    expect(KNOWN.filter((name) => reported(name) !== undefined)).toEqual([]);
  });

  test.each(Object.entries(SLIPS))('is found behind a usual slip: %s', (_, slip) => {
    // Too little is left of HSS_AK, and some slips make one name of another.
    const slipped = prefixed.map(slip).filter((name) => /_.{3}/.test(name) && !KNOWN.includes(name));
    expect(slipped.length).toBeGreaterThan(10);
    expect(slipped.filter((name) => !reported(name)?.includes('did you mean'))).toEqual([]);
  });
});

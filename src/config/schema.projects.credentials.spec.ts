import { describe, expect, test } from '@jest/globals';
import {
  AUDIT_KEY,
  CALLERS,
  load,
  loadWith,
  problemsIn,
  PROJECT_ID,
  type Variables,
} from './config.fixture.js';
import type { Config, CredentialsConfig } from './config.js';

function credentialsOf(config: Config): CredentialsConfig | undefined {
  return [...config.projects.values()].at(-1)?.credentials;
}

/** Credentials of a project of the file, in a start without any in the environment. */
function loadOwn(credentials: string, files: Record<string, string> = {}, more: Variables = {}): Config {
  const project = `{ name: prod, region: cn-north-4, projectId: ${PROJECT_ID}, credentials: ${credentials} }`;
  return load({ GATEWAY_CONFIG: 'gateway.yaml', ...more }, `${CALLERS}projects: [${project}]`, files);
}

describe('the password of the environment', () => {
  const FROM_FILE = { IAM_PASSWORD: undefined, IAM_PASSWORD_FILE: '/run/secrets/iam' };

  test.each([
    ['a line break', 'pass word\n', 'pass word'],
    ['a Windows line break', 'pass word\r\n', 'pass word'],
    ['nothing', 'pass word', 'pass word'],
  ])('may be in a file that ends with %s', (_, content, password) => {
    const config = loadWith(FROM_FILE, CALLERS, { '/run/secrets/iam': content });
    expect(credentialsOf(config)).toMatchObject({ password, passwordFile: '/run/secrets/iam' });
  });

  test.each<[string, Variables, string, string]>([
    ['missing', { IAM_PASSWORD: undefined }, 'IAM_PASSWORD', 'set it or IAM_PASSWORD_FILE'],
    ['empty', { IAM_PASSWORD: '' }, 'IAM_PASSWORD', 'is empty'],
    ['more than a line', { IAM_PASSWORD: 'a\nb' }, 'IAM_PASSWORD', 'must not contain line breaks'],
    ['holding a NUL', { IAM_PASSWORD: 'a\0b' }, 'IAM_PASSWORD', 'must not contain line breaks or NUL'],
    [
      'given twice',
      { IAM_PASSWORD_FILE: '/run/secrets/iam' },
      'IAM_PASSWORD',
      'is also given as IAM_PASSWORD_FILE',
    ],
    ['in an unreadable file', FROM_FILE, 'IAM_PASSWORD_FILE', 'cannot be read (ENOENT)'],
    ['in an empty file', { ...FROM_FILE, IAM_PASSWORD_FILE: 'empty' }, 'IAM_PASSWORD_FILE', 'is empty'],
    [
      'in a file of two lines',
      { ...FROM_FILE, IAM_PASSWORD_FILE: 'two' },
      'IAM_PASSWORD_FILE',
      'line breaks',
    ],
  ])('is refused when it is %s', (_, variables, key, problem) => {
    const problems = problemsIn(() => loadWith(variables, CALLERS, { empty: '\n', two: 'a\n\n' }));
    expect(problems).toEqual({ [key]: expect.stringContaining(problem) });
  });

  test.each(['IAM_DOMAIN_NAME', 'IAM_USER_NAME'])('needs %s beside it', (name) => {
    const problems = problemsIn(() => loadWith({ [name]: undefined }));
    expect(problems).toEqual({ [name]: expect.stringContaining('set it, or give every project its own') });
  });

  test('is reported missing once, however many projects need it', () => {
    const project = `{ name: prod, region: cn-north-4, projectId: ${PROJECT_ID} }`;
    const loading = () => loadWith({ IAM_PASSWORD: undefined }, `${CALLERS}projects: [${project}]`);
    expect(loading).toThrow('has 1 problem:');
  });
});

describe('credentials of one project', () => {
  test('are enough without any in the environment', () => {
    expect(credentialsOf(loadOwn('{ domainName: d, userName: u, password: "p: w" }'))).toEqual({
      kind: 'password',
      domainName: 'd',
      userName: 'u',
      password: 'p: w',
    });
  });

  test('may keep the password in a file', () => {
    const config = loadOwn('{ domainName: d, userName: u, passwordFile: /run/secrets/prod }', {
      '/run/secrets/prod': 'pw\n',
    });
    expect(credentialsOf(config)).toMatchObject({ password: 'pw', passwordFile: '/run/secrets/prod' });
  });

  test.each([
    ['{ domainName: d, userName: u }', 'password', 'is missing: set it or passwordFile'],
    ['{ domainName: d, userName: u, password: "" }', 'password', 'is empty'],
    ['{ domainName: d, userName: u, password: [a] }', 'password', 'must be a text'],
    [
      '{ domainName: d, userName: u, password: a, passwordFile: b }',
      'password',
      'is also given as projects[0]',
    ],
    ['{ domainName: d, userName: u, passwordFile: b }', 'passwordFile', 'cannot be read (ENOENT)'],
    ['{ domainName: d, userName: u, passwordFile: [b] }', 'passwordFile', 'must be the path of a file'],
    ['{ userName: u, password: a }', 'domainName', 'is missing'],
    ['{ domainName: d, password: a }', 'userName', 'is missing'],
    ['{ domainName: d, userName: u, pasword: a, password: a }', 'pasword', 'did you mean "password"?'],
  ])('are not completed from elsewhere: %s', (credentials, key, problem) => {
    const problems = problemsIn(() => loadOwn(credentials, {}, { IAM_DOMAIN_NAME: 'e', IAM_USER_NAME: 'e' }));
    expect(problems).toEqual({ [`projects[0].credentials.${key}`]: expect.stringContaining(problem) });
  });
});

describe('an agency', () => {
  const AGENCY = { IAM_AGENCY_NAME: 'hss-operator', IAM_AGENCY_DOMAIN_NAME: 'delegating-account' };

  test('is taken on by the user of the environment', () => {
    expect(credentialsOf(loadWith(AGENCY))).toMatchObject({
      kind: 'password',
      userName: 'hss-gateway',
      agency: { name: 'hss-operator', domainName: 'delegating-account' },
    });
  });

  test('is taken on by the user of one project', () => {
    const own = '{ domainName: d, userName: u, password: p, agencyName: a, agencyDomainName: b }';
    expect(credentialsOf(loadOwn(own))).toMatchObject({ agency: { name: 'a', domainName: 'b' } });
  });

  test.each(['IAM_AGENCY_NAME', 'IAM_AGENCY_DOMAIN_NAME'])('is not half of one: without %s', (name) => {
    expect(problemsIn(() => loadWith({ ...AGENCY, [name]: undefined }))).toEqual({
      [name]: expect.stringContaining('is missing'),
    });
  });
});

describe('an access key', () => {
  const KEY = { HSS_AUTH: 'aksk', HSS_AK: 'AKAKAK', HSS_SK: 'sksksk' };

  test('is taken from the environment, with which no password is needed', () => {
    const names = { IAM_DOMAIN_NAME: undefined, IAM_USER_NAME: undefined, IAM_PASSWORD: undefined };
    expect(credentialsOf(loadWith({ ...KEY, ...names }))).toEqual({
      kind: 'aksk',
      ak: 'AKAKAK',
      sk: 'sksksk',
    });
  });

  test('may be temporary, and each part of it in a file', () => {
    const variables = { HSS_AUTH: 'aksk', HSS_AK_FILE: 'a', HSS_SK_FILE: 's', HSS_SECURITY_TOKEN_FILE: 't' };
    expect(credentialsOf(loadWith(variables, CALLERS, { a: 'AK\n', s: 'SK\n', t: 'token\n' }))).toEqual({
      kind: 'aksk',
      ak: 'AK',
      akFile: 'a',
      sk: 'SK',
      skFile: 's',
      securityToken: 'token',
      securityTokenFile: 't',
    });
  });

  test('may be that of one project', () => {
    expect(
      credentialsOf(loadOwn('{ kind: aksk, ak: AK, skFile: s, securityToken: t }', { s: 'SK\n' })),
    ).toEqual({
      kind: 'aksk',
      ak: 'AK',
      sk: 'SK',
      skFile: 's',
      securityToken: 't',
    });
  });

  test('is left alone while nobody says that it is to be used', () => {
    expect(credentialsOf(loadWith({ HSS_AK: 'AK', HSS_SK: 'SK' }))).toMatchObject({ kind: 'password' });
    const { IAM_PASSWORD } = problemsIn(() => loadWith({ HSS_AK: 'AK', IAM_PASSWORD: undefined }));
    expect(IAM_PASSWORD).toContain('or set HSS_AUTH=aksk to sign with HSS_AK');
  });

  test.each<[string, Variables, Record<string, string>]>([
    ['missing', { HSS_AK: undefined, HSS_SK: undefined }, { HSS_AK: 'is missing', HSS_SK: 'is missing' }],
    ['with a blank', { HSS_AK: 'A K' }, { HSS_AK: 'must be an access key' }],
    ['with a comma', { HSS_AK: 'A,K' }, { HSS_AK: 'must be an access key' }],
    ['with a token of two words', { HSS_SECURITY_TOKEN: 'a b' }, { HSS_SECURITY_TOKEN: 'security token' }],
    ['given twice', { HSS_SK_FILE: 'sk' }, { HSS_SK: 'is also given as HSS_SK_FILE' }],
    ['empty', { HSS_SK: '' }, { HSS_SK: 'is empty' }],
  ])('is refused when it is %s', (_, variables, problems) => {
    expect(problemsIn(() => loadWith({ ...KEY, ...variables }))).toEqual(
      Object.fromEntries(
        Object.entries(problems).map(([key, problem]) => [key, expect.stringContaining(problem)]),
      ),
    );
  });

  test.each([
    ['{ kind: aksk }', { ak: 'is missing: set it or akFile', sk: 'is missing: set it or skFile' }],
    ['{ kind: aksk, ak: A, sk: S, userName: u }', { userName: 'is not a known key' }],
    ['{ kind: akks, ak: A, sk: S }', { kind: 'did you mean "aksk"?' }],
    [
      '{ ak: A, sk: S, domainName: d, userName: u, password: p }',
      { ak: 'not a known key', sk: 'not a known key' },
    ],
  ])('of one project is refused as %s', (credentials, problems) => {
    expect(problemsIn(() => loadOwn(credentials))).toEqual(
      Object.fromEntries(
        Object.entries(problems).map(([key, problem]) => [
          `projects[0].credentials.${key}`,
          expect.stringContaining(problem),
        ]),
      ),
    );
  });
});

describe('the keys of the server itself', () => {
  test('are used only when that is said', () => {
    const credentials = { kind: 'ecs-metadata', endpoint: 'http://169.254.169.254' };
    expect(credentialsOf(loadWith({ HSS_AUTH: 'ecs' }))).toEqual(credentials);
    expect(credentialsOf(loadOwn('{ kind: ecs-metadata }'))).toEqual(credentials);
  });

  test.each(['http://169.254.1.2:80', 'http://127.0.0.1:9000', 'http://[::1]:9000', 'http://[fe80::1]'])(
    'may come from %s',
    (endpoint) => {
      const config = loadOwn(`{ kind: ecs-metadata, metadataEndpoint: "${endpoint}" }`);
      expect(credentialsOf(config)).toMatchObject({ endpoint: new URL(endpoint).origin });
    },
  );

  test.each([
    'http://169.254.169.254.example.com',
    'http://10.0.0.1',
    'http://metadata.example.com',
    'http://[2001:db8::1]',
    'http://169.254.169.254/latest',
    'http://user@169.254.169.254',
    'file:///etc/passwd',
  ])('may not come from %s', (endpoint) => {
    expect(problemsIn(() => loadOwn(`{ kind: ecs-metadata, metadataEndpoint: "${endpoint}" }`))).toEqual({
      'projects[0].credentials.metadataEndpoint': expect.stringContaining('link-local or loopback address'),
    });
  });
});

describe('the database', () => {
  test.each([
    ['file:./data/x.db', { kind: 'embedded', path: './data/x.db' }],
    ['file:/var/lib/x.db', { kind: 'embedded', path: '/var/lib/x.db' }],
    ['file:///var/lib/x.db', { kind: 'embedded', path: '/var/lib/x.db' }],
    ['postgres://u:p@db/hss', { kind: 'postgres', url: 'postgres://u:p@db/hss' }],
    ['postgresql:///hss?host=/run', { kind: 'postgres', url: 'postgresql:///hss?host=/run' }],
    [
      'postgres://u:p@db/hss?sslmode=verify-full',
      { kind: 'postgres', url: 'postgres://u:p@db/hss?sslmode=verify-full' },
    ],
  ])('may be %s', (url, database) => {
    expect(loadWith({ GATEWAY_DATABASE_URL: url, GATEWAY_AUDIT_KEY: AUDIT_KEY }).database).toMatchObject(
      database,
    );
  });

  test('may have its address in a file, since that holds a password', () => {
    const files = { '/run/secrets/database': 'postgres://u:p@db/hss\n' };
    const variables = { GATEWAY_DATABASE_URL_FILE: '/run/secrets/database', GATEWAY_AUDIT_KEY: AUDIT_KEY };
    expect(loadWith(variables, CALLERS, files).database).toEqual({
      kind: 'postgres',
      url: 'postgres://u:p@db/hss',
      urlFile: '/run/secrets/database',
      goneAfterMs: 30_000,
    });
  });

  test('that is shared may not take a gateway for gone while it may still send', () => {
    const variables = {
      GATEWAY_DATABASE_URL: 'postgres://u:p@db/hss',
      GATEWAY_AUDIT_KEY: AUDIT_KEY,
      GATEWAY_DEADLINE_MS: '5000',
    };
    const load = (gone: string) => () => loadWith({ ...variables, GATEWAY_REPLICA_GONE_MS: gone });
    expect(problemsIn(load('4999'))).toEqual({
      GATEWAY_REPLICA_GONE_MS: 'must not be shorter than the longest deadline (5000)',
    });
    expect(load('5000')().database).toMatchObject({ goneAfterMs: 5_000 });
  });

  test.each([
    ['', 'is empty'],
    ['data/x.db', 'must be file:<path> or postgres://'],
    ['file:', 'must be file:<path> or postgres://'],
    ['file://host/x.db', 'must be file:<path> or postgres://'],
    ['mysql://u:p@db/hss', 'must be file:<path> or postgres://'],
    ['postgres://u:p#w@db/hss', 'percent-encode'],
    // Of these, a part of the password would pass as a port, and the rest as a database.
    ['postgres://u:12/w@db/hss', 'percent-encode'],
    ['postgres://u:12#w@db/hss', 'percent-encode'],
    ['postgres://u:12?w@db/hss', 'percent-encode'],
    ['postgres://u:p@db/hss?sslmode=full', 'must be one of disable, no-verify'],
  ])('may not be "%s"', (url, problem) => {
    const problems = problemsIn(() => loadWith({ GATEWAY_DATABASE_URL: url }));
    expect(problems).toEqual({ GATEWAY_DATABASE_URL: expect.stringContaining(problem) });
  });

  test('that is shared has a key that it is signed with, or says what to do', () => {
    expect(problemsIn(() => loadWith({ GATEWAY_DATABASE_URL: 'postgres://u:p@db/hss' }))).toEqual({
      GATEWAY_AUDIT_KEY: expect.stringContaining('hss-gateway audit key'),
    });
  });

  test.each(['GATEWAY_AUDIT_KEY', 'GATEWAY_AUDIT_PREVIOUS_KEY'])('has no %s that is none', (name) => {
    expect(problemsIn(() => loadWith({ [name]: 'planted' }))).toEqual({
      [name]: expect.stringMatching(/^must be a signing key (?!.*planted)/),
    });
    expect(loadWith({ [name]: AUDIT_KEY }).auditKey).toEqual({
      [name === 'GATEWAY_AUDIT_KEY' ? 'current' : 'previous']: AUDIT_KEY,
    });
  });
});

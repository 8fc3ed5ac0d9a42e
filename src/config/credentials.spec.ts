import { describe, expect, test } from '@jest/globals';
import { CALLERS, load, loadWith, problemsIn, PROJECT_ID, type Variables } from './config.fixture.js';
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
    ['nothing', ' pass word ', ' pass word '],
  ])('may be in a file that ends with %s', (_, content, password) => {
    const config = loadWith(FROM_FILE, CALLERS, { '/run/secrets/iam': content });
    expect(credentialsOf(config)).toMatchObject({ password, passwordFromFile: true });
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

  test('is told to be missing once, however many projects need it', () => {
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
      passwordFromFile: false,
    });
  });

  test('may keep the password in a file', () => {
    const config = loadOwn('{ domainName: d, userName: u, passwordFile: /run/secrets/prod }', {
      '/run/secrets/prod': 'pw\n',
    });
    expect(credentialsOf(config)).toMatchObject({ password: 'pw', passwordFromFile: true });
  });

  test.each([
    ['{ domainName: d, userName: u }', 'password', 'is missing: give it, or passwordFile'],
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

describe('the database', () => {
  test.each([
    ['file:./data/x.db', { kind: 'embedded', path: './data/x.db' }],
    ['file:/var/lib/x.db', { kind: 'embedded', path: '/var/lib/x.db' }],
    ['file:///var/lib/x.db', { kind: 'embedded', path: '/var/lib/x.db' }],
    ['postgres://u:p@db/hss', { kind: 'postgres', url: 'postgres://u:p@db/hss', urlFromFile: false }],
    [
      'postgresql:///hss?host=/run',
      { kind: 'postgres', url: 'postgresql:///hss?host=/run', urlFromFile: false },
    ],
  ])('may be %s', (url, database) => {
    expect(loadWith({ GATEWAY_DATABASE_URL: url }).database).toEqual(database);
  });

  test('may have its address in a file, since that holds a password', () => {
    const files = { '/run/secrets/database': 'postgres://u:p@db/hss\n' };
    expect(loadWith({ GATEWAY_DATABASE_URL_FILE: '/run/secrets/database' }, CALLERS, files).database).toEqual(
      {
        kind: 'postgres',
        url: 'postgres://u:p@db/hss',
        urlFromFile: true,
      },
    );
  });

  test.each([
    ['', 'is empty'],
    ['data/x.db', 'must be file:<path> or postgres://'],
    ['file:', 'must be file:<path> or postgres://'],
    ['file://host/x.db', 'must be file:<path> or postgres://'],
    ['mysql://u:p@db/hss', 'must be file:<path> or postgres://'],
    ['postgres://u:p#w@db/hss', 'percent-encode'],
  ])('may not be "%s"', (url, problem) => {
    const problems = problemsIn(() => loadWith({ GATEWAY_DATABASE_URL: url }));
    expect(problems).toEqual({ GATEWAY_DATABASE_URL: expect.stringContaining(problem) });
  });
});

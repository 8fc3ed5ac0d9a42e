import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError } from './field.js';
import {
  AUDIT_KEY,
  CALLERS,
  ENVIRONMENT,
  load,
  loadWith,
  problemsIn,
  type Variables,
} from './config.fixture.js';
import { readEnvironment, SECRET_VARIABLES } from './environment.js';
import { attempt, documents, environments, garbage, SECRET, toldOf } from './garbage.fixture.js';
import { loadConfig } from './load-config.js';

type Files = Record<string, string>;

const DATABASE_URL = `postgres://u:12%2F${SECRET}@h/d`;

describe('secrets', () => {
  test('are not shown of what runs with them, wherever they were found', () => {
    const places = fc.record({
      passwordInFile: fc.boolean(),
      databaseInFile: fc.boolean(),
      ownInFile: fc.boolean(),
    });
    fc.assert(
      fc.property(places, fc.string(), ({ passwordInFile, databaseInFile, ownInFile }, more) => {
        const password = `${SECRET}${more}`.trim();
        const files = { '/run/password': password, '/run/database': DATABASE_URL };
        const own = ownInFile ? { passwordFile: '/run/password' } : { password };
        const environment = {
          ...ENVIRONMENT,
          ...placed('IAM_PASSWORD', password, passwordInFile && '/run/password'),
          ...placed('GATEWAY_DATABASE_URL', DATABASE_URL, databaseInFile && '/run/database'),
          GATEWAY_AUDIT_KEY: AUDIT_KEY,
        };
        const config = load(environment, yamlWith({ domainName: 'd', userName: 'u', ...own }), files);
        const found = [...config.projects.values()].map(({ credentials }) => credentials);
        expect(found).toMatchObject([{ password }, { password }]);
        expect(config.database).toMatchObject({ url: DATABASE_URL });
        expect(toldOf(config)).not.toContain(SECRET);
      }),
    );
  });

  test('are not shown of access keys that run, wherever they were found', () => {
    const [ak, sk, securityToken] = ['ak', 'sk', 'token'].map((part) => `${SECRET}-${part}`) as [
      string,
      string,
      string,
    ];
    const files = { '/run/ak': ak, '/run/sk': sk, '/run/token': securityToken };
    const inPlace = { kind: 'aksk', ak, sk, securityToken };
    const inFiles = {
      kind: 'aksk',
      akFile: '/run/ak',
      skFile: '/run/sk',
      securityTokenFile: '/run/token',
    };
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (own, akFile, skFile, tokenFile) => {
          const environment = {
            ...ENVIRONMENT,
            HSS_AUTH: 'aksk',
            ...placed('HSS_AK', ak, akFile && '/run/ak'),
            ...placed('HSS_SK', sk, skFile && '/run/sk'),
            ...placed('HSS_SECURITY_TOKEN', securityToken, tokenFile && '/run/token'),
          };
          const config = load(environment, yamlWith(own ? inPlace : inFiles), files);
          const found = [...config.projects.values()].map(({ credentials }) => credentials);
          expect(found).toMatchObject([
            { ak, sk, securityToken },
            { ak, sk, securityToken },
          ]);
          expect(toldOf(config)).not.toContain(SECRET);
        },
      ),
    );
  });

  test('are not shown amid any garbage, whole or spoilt', () => {
    fc.assert(
      fc.property(planted(), ({ environment, yaml, files }) => {
        expect(toldOf(attempt(() => load(environment, yaml, files)))).not.toContain(SECRET);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['after a comma', `{ domainName: d, userName: u, password: a,${SECRET} }`],
    ['as a kind', `{ kind: ${SECRET} }`],
    ['as a key with a blank', `{ kind: aksk, ak: ${SECRET} x, sk: a }`],
    ['for another kind', `{ kind: aksk, ak: a, sk: a, password: ${SECRET} }`],
    ['as an endpoint', `{ kind: ecs-metadata, metadataEndpoint: ${SECRET} }`],
    ['without a space', `{ domainName: d, userName: u, password:${SECRET} }`],
    ['as a key', `{ domainName: d, userName: u, ? ${SECRET} }`],
    ['in a broken quote', `{ domainName: d, userName: u, password: "${SECRET} }`],
    ['as an alias', `{ domainName: d, userName: u, password: *${SECRET} }`],
    ['as a tag', `{ domainName: d, userName: u, password: !${SECRET} x }`],
    ['under a tag', `{ domainName: d, userName: u, password: !x ${SECRET} }`],
    ['under a wrong name', `{ domainName: d, userName: u, pasword: ${SECRET} }`],
    ['as a list', `{ domainName: d, userName: u, password: [${SECRET}] }`],
    ['as all there is', SECRET],
  ])('are not shown when they are written wrongly: %s', (_, credentials) => {
    const yaml = `${CALLERS}projects: [{ name: p, region: cn-north-4, projectId: a, credentials: ${credentials} }]`;
    const error = attempt(() => load({ GATEWAY_CONFIG: 'gateway.yaml' }, yaml));
    expect(error).toBeInstanceOf(ConfigError);
    expect(toldOf(error)).not.toContain(SECRET);
  });
});

/** Bytes of a file, or of a variable, and what is reported of them. */
const ODD: Readonly<Record<string, readonly [bytes: Buffer, problem: string]>> = {
  nothing: [Buffer.of(), 'is empty'],
  'a byte order mark': [Buffer.from(`\uFEFF${SECRET}`), 'begins with a byte order mark'],
  'two byte order marks': [Buffer.from(`\uFEFF\uFEFF${SECRET}\n`), 'begins with a byte order mark'],
  'UTF-16': [Buffer.from(`\uFEFF${SECRET}\r\n`, 'utf16le'), 'is not UTF-8 text'],
  'Latin-1': [Buffer.from(`${SECRET}é`, 'latin1'), 'is not UTF-8 text'],
  'a blank before': [Buffer.from(` ${SECRET}`), 'must not begin or end with a blank'],
  'a blank behind': [Buffer.from(`${SECRET} \n`), 'must not begin or end with a blank'],
  'a no-break space behind': [Buffer.from(`${SECRET}\u00a0`), 'must not begin or end with a blank'],
  'a tab behind': [Buffer.from(`${SECRET}\t\n`), 'must not contain invisible characters'],
  'a zero-width space behind': [Buffer.from(`${SECRET}\u200b`), 'must not contain invisible characters'],
  'a mark of direction before': [Buffer.from(`\u202a${SECRET}`), 'must not contain invisible characters'],
  'an escape sequence': [Buffer.from(`${SECRET}\u001b[0m`), 'must not contain invisible characters'],
  'a second line': [Buffer.from(`${SECRET}\n\n`), 'must not contain line breaks'],
};
/** Where a secret may stand, and how it is given there. */
const PLACES: Readonly<Record<string, (value: string, file: string) => [Variables, string?]>> = {
  ...Object.fromEntries(
    SECRET_VARIABLES.flatMap((name) => [
      [name, (value: string): [Variables] => [{ HSS_AUTH: authFor(name), [name]: value }]],
      [
        `${name}_FILE`,
        (_: string, file: string): [Variables] => [
          { HSS_AUTH: authFor(name), [name]: undefined, [`${name}_FILE`]: file },
        ],
      ],
    ]),
  ),
  'projects[0].credentials.password': (value) => [{}, yamlWith({ ...NAMES, password: value })],
  'projects[0].credentials.passwordFile': (_, file) => [{}, yamlWith({ ...NAMES, passwordFile: file })],
  'projects[0].credentials.skFile': (_, file) => [{}, yamlWith({ kind: 'aksk', ak: 'AK', skFile: file })],
};
const NAMES = { domainName: 'd', userName: 'u' };
const authFor = (name: string) => (name.startsWith('HSS_') ? 'aksk' : 'token');

describe('what a secret never holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(
    Object.keys(PLACES).flatMap((setting) => Object.keys(ODD).map((content) => [setting, content] as const)),
  )('%s with %s is refused by its name, and not shown', (setting, content) => {
    const [bytes, problem] = ODD[content] ?? [Buffer.of(), ''];
    const secret = join(folder, 'secret');
    const yaml = join(folder, 'gateway.yaml');
    writeFileSync(secret, bytes);
    // A variable holds no NUL, and has its last line break as it is written.
    const value = bytes.toString().replace(/\0/g, '').trimEnd() + (/\s*$/.exec(bytes.toString())?.[0] ?? '');
    const [variables, text = CALLERS] = PLACES[setting]?.(value, secret) ?? [{}];
    writeFileSync(yaml, text);
    const { readFile } = readEnvironment();
    const environment = { ...ENVIRONMENT, HSS_AK: 'AK', HSS_SK: 'SK', ...variables, GATEWAY_CONFIG: yaml };
    const error = attempt(() => loadConfig({ environment, readFile }));
    if (!(error instanceof ConfigError)) throw new Error('expected it to be refused');
    // Of a file that is not UTF-8 nothing is read.
    const key = setting.endsWith('.password') && problem.includes('UTF-8 text') ? 'GATEWAY_CONFIG' : setting;
    const told = error.problems.filter((each) => each.key === key);
    // That a variable ends with a line break is reported first.
    expect(told.map((each) => each.problem)).toEqual([
      setting.endsWith('File') || setting.endsWith('_FILE')
        ? expect.stringContaining(problem)
        : expect.stringMatching(`${problem}|line breaks`),
    ]);
    expect(toldOf(error)).not.toContain(SECRET);
  });

  test('is what a configuration file may begin with: a byte order mark is passed over', () => {
    expect(() => loadWith({}, `\uFEFF${CALLERS}`)).not.toThrow();
  });

  test('is reported of a configuration file that is not UTF-8', () => {
    expect(problemsIn(() => loadWith({}, `${CALLERS}# \uFFFD`))).toEqual({
      GATEWAY_CONFIG: 'the file is not UTF-8 text: save it as such',
    });
  });

  test.each(['u\u200b', '\uFEFFu', ' u', 'u ', 'u\uFFFD'])('is not in a name either: %j', (name) => {
    expect(Object.keys(problemsIn(() => loadWith({ IAM_USER_NAME: name })))).toEqual(['IAM_USER_NAME']);
  });
});

/** A variable that holds a secret or, if there is one, names its file. */
function placed(name: string, secret: string, file: string | false): Variables {
  return file === false ? { [name]: secret } : { [name]: undefined, [`${name}_FILE`]: file };
}

function yamlWith(credentials: object): string {
  return `${CALLERS}\n${stringify({ projects: [{ name: 'own', region: 'cn-north-4', projectId: 'a', credentials }] })}`;
}

/** A secret in some of the places that have one, amid any garbage. */
function planted(): fc.Arbitrary<{ environment: Variables; yaml: string; files: Files }> {
  const secret = fc.constantFrom(SECRET, `${SECRET}\n`, `a\n${SECRET}`, `\0${SECRET}`, DATABASE_URL);
  const name = fc.constantFrom(
    ...['IAM_PASSWORD', 'HSS_AK', 'HSS_SK', 'HSS_SECURITY_TOKEN', 'GATEWAY_DATABASE_URL'],
  );
  const places = fc.array(
    fc.tuple(name, secret, fc.constantFrom<(string | false)[]>(false, '/run/a', '/run/b')),
  );
  const ways = fc.constantFrom('token', 'aksk', 'ecs');
  const own = secret.chain((value) =>
    fc.constantFrom(
      yamlWith({ domainName: 'd', userName: 'u', password: value }),
      yamlWith({ kind: 'aksk', ak: value, sk: value, securityToken: value }),
    ),
  );
  return fc.record({
    environment: fc.tuple(environments(garbage), ways, places).map(([wild, way, secrets]) =>
      // Some of them twice, in place and in a file.
      secrets.reduce<Variables>(
        (all, [variable, value, file]) => ({ ...all, ...placed(variable, value, file) }),
        { ...wild, HSS_AUTH: way },
      ),
    ),
    yaml: fc.oneof(documents(garbage), own),
    files: fc.record({ '/run/a': secret, '/run/b': secret }),
  });
}

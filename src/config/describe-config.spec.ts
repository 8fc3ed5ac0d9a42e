import { describe, expect, test } from '@jest/globals';
import { AUDIT_KEY, CALLERS, DIGEST, ENVIRONMENT, loadWith } from './config.fixture.js';
import { describeConfig } from './describe-config.js';
import type { Config } from './config.js';
import { loadWithSources } from './load-config.js';

function described(config: Config): Record<string, string | number | boolean> {
  return Object.fromEntries(describeConfig(config).map(({ key, value }) => [key, value]));
}

describe('describeConfig', () => {
  test('names every setting, and of secrets only that they are set', () => {
    const keys = `[{ sha256: ${DIGEST}, expiresAt: 2027-06-30 }]`;
    expect(described(loadWith({}, CALLERS.replace(`[{ sha256: ${DIGEST} }]`, keys)))).toEqual({
      environment: 'development',
      demo: false,
      'listen.host': '127.0.0.1',
      'listen.port': 3000,
      'database.kind': 'embedded',
      'database.path': './data/gateway.db',
      'projects.default.region': 'cn-north-4',
      'projects.default.projectId': '0123456789abcdef0123456789abcdef',
      'projects.default.hssEndpoint': 'https://hss.cn-north-4.myhuaweicloud.com',
      'projects.default.iamEndpoint': 'https://iam.cn-north-4.myhuaweicloud.com',
      'projects.default.enterpriseProjectId': '0',
      'projects.default.credentials.kind': 'password',
      'projects.default.credentials.domainName': 'example',
      'projects.default.credentials.userName': 'hss-gateway',
      'projects.default.credentials.password': 'set',
      'callers.soc-portal.keys[0].expiresAt': '2027-07-01T00:00:00.000Z',
      'callers.soc-portal.grants[0]': '* x * x *',
      'background.deadlineMs': 3_600_000,
      'background.heartbeatMs': 15_000,
      'background.operationsAtOnce': 4,
      planMs: 900_000,
      'audit.verifySeconds': 60,
      'limits.alarmsPerRequest': 10_000,
      'limits.bodyBytes': 8_388_608,
      'limits.requestMs': 60_000,
      'limits.maxEventLoopDelayMs': 1000,
      'limits.requestsAtOnce': 2000,
      'upstream.deadlineMs': 10_000,
      'upstream.attemptTimeoutMs': 5000,
      'upstream.maxAttempts': 3,
      'upstream.connections': 64,
      'upstream.settleQuietMs': 20_000,
      'upstream.settleGiveUpMs': 60_000,
      'upstream.verify': 'destructive',
      'shutdown.drainDelayMs': 0,
      'shutdown.drainMs': 25_000,
      'limits.followers': 200,
      'limits.perCaller.maxHostsPerHour': 50,
      'limits.perCaller.followers': 20,
      'limits.perCaller.livePlans': 20,
      'limits.perCaller.livePlanAlarms': 50_000,
      'limits.perCaller.backgroundOperations': 100,
      'limits.perCaller.expirations': 1_000,
      'idempotency.keptMs': 259_200_000,
      'idempotency.joinMs': 10_000,
      'dropIn.passUnknownFields': false,
      'guardRails.widestLogin.ipv4': 24,
      'guardRails.widestLogin.ipv6': 64,
      file: 'gateway.yaml',
      allowInsecureEndpoints: false,
      logLevel: 'info',
      logFormat: 'pretty at a terminal, json elsewhere',
      docs: true,
    });
  });

  test('names the source of each plain value', () => {
    const environment = {
      ...ENVIRONMENT,
      GATEWAY_DEADLINE_MS: '9000',
      GATEWAY_SIGNING_MASTER_KEY_FILE: 'key',
    };
    const files: Record<string, string> = {
      'gateway.yaml': `${CALLERS}\nupstream: { deadlineMs: 8000, verify: always }\nplans: { expireMinutes: 5 }`,
      key: 'k'.repeat(32),
    };
    const { config, sources } = loadWithSources({ environment, readFile: (path) => files[path] ?? '' });
    const settings = new Map(describeConfig(config, sources).map((setting) => [setting.key, setting]));
    const sourceOf = (key: string) => settings.get(key)?.source;
    expect(settings.get('upstream.deadlineMs')).toMatchObject({ value: 9000, source: 'GATEWAY_DEADLINE_MS' });
    expect(sourceOf('upstream.verify')).toBe('upstream.verify');
    expect(sourceOf('planMs')).toBe('plans.expireMinutes');
    expect(sourceOf('limits.perCaller.followers')).toBe('default');
    expect(sourceOf('signing.masterKey')).toBe('GATEWAY_SIGNING_MASTER_KEY_FILE');
    expect(sourceOf('callers.soc-portal.grants[0]')).toBeUndefined();
  });

  test('names what belongs to each kind of credentials', () => {
    const agency = { IAM_AGENCY_NAME: 'operator', IAM_AGENCY_DOMAIN_NAME: 'other' };
    expect(described(loadWith({ ...agency, HSS_PROJECT_ID: undefined }))).toMatchObject({
      'projects.default.projectId': 'looked up by the name of the region',
      'projects.default.credentials.agency.name': 'operator',
      'projects.default.credentials.agency.domainName': 'other',
    });
    const key = { HSS_AUTH: 'aksk', HSS_AK: 'AK', HSS_SK_FILE: 'sk', HSS_SECURITY_TOKEN: 'token' };
    const settings = described(loadWith(key, CALLERS, { sk: 'secret' }));
    expect(Object.entries(settings).filter(([name]) => name.includes('credentials'))).toEqual([
      ['projects.default.credentials.kind', 'aksk'],
      ['projects.default.credentials.ak', 'set'],
      ['projects.default.credentials.sk', 'from file'],
      ['projects.default.credentials.securityToken', 'set'],
    ]);
    expect(described(loadWith({ HSS_AUTH: 'ecs' }))).toMatchObject({
      'projects.default.credentials.kind': 'ecs-metadata',
      'projects.default.credentials.endpoint': 'http://169.254.169.254',
    });
  });

  test('names what callers may do, and whose tokens are believed', () => {
    const grants = `[{ rights: [read, audit], projects: [default], enterpriseProjects: ["*"], eventTypes: [1010], severities: [Low] }]`;
    const yaml = `
callers:
  - id: bot
    keys: [{ sha256: ${DIGEST}, id: blue, from: [10.0.0.0/8] }]
    tokens: [{ issuer: corporate, claims: [{ name: azp, value: bot }] }]
    grants: ${grants}
    deny: [{ operations: [isolate_and_kill] }]
    onBehalfOf: true
    from: [10.0.0.0/8]
issuers:
  - name: corporate
    issuer: https://login.example.com
    jwksUrl: https://login.example.com/jwks?key=planted
    audiences: [hss-gateway]
`;
    const settings = described(
      loadWith({ GATEWAY_TRUSTED_PROXIES: '192.0.2.1', GATEWAY_ALLOWED_ORIGINS: 'https://a.example' }, yaml),
    );
    expect(settings).toMatchObject({
      'listen.trustedProxies': '192.0.2.1',
      'listen.allowedOrigins': 'https://a.example',
      'callers.bot.keys[0].id': 'blue',
      'callers.bot.keys[0].from': '10.0.0.0/8',
      'callers.bot.tokens[0]': 'corporate: azp',
      'callers.bot.grants[0]': 'read,audit: - x default x * x event types 1010 x severities Low',
      'callers.bot.deny[0]': 'isolate_and_kill x * x *',
      'callers.bot.onBehalfOf': true,
      'callers.bot.from': '10.0.0.0/8',
      'issuers.corporate.issuer': 'https://login.example.com',
      'issuers.corporate.jwksUrl': 'https://login.example.com/jwks?...',
      'issuers.corporate.audiences': 'hss-gateway',
      'issuers.corporate.algorithms': 'RS256, PS256, ES256, EdDSA',
      'issuers.corporate.types': 'at+jwt, jwt',
    });
    expect(JSON.stringify(settings)).not.toContain('planted');
  });

  test('shows which secrets came from a file', () => {
    const variables = {
      IAM_PASSWORD: undefined,
      IAM_PASSWORD_FILE: 'iam',
      GATEWAY_DATABASE_URL_FILE: 'database',
      GATEWAY_AUDIT_KEY: AUDIT_KEY,
    };
    expect(
      described(loadWith(variables, CALLERS, { iam: 'a', database: 'postgres://u:12%2Fw@db/hss' })),
    ).toMatchObject({
      'database.kind': 'postgres',
      'database.url': 'from file',
      'database.goneAfterMs': 30_000,
      'projects.default.credentials.password': 'from file',
      'callers.soc-portal.keys[0].expiresAt': 'never',
    });
  });
});

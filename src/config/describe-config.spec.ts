import { describe, expect, test } from '@jest/globals';
import { CALLERS, DIGEST, loadWith } from './config.fixture.js';
import { describeConfig } from './describe-config.js';
import type { Config } from './config.js';

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
      'projects.default.credentials.domainName': 'example',
      'projects.default.credentials.userName': 'hss-gateway',
      'projects.default.credentials.password': 'set',
      'callers.soc-portal.keys[0].expiresAt': '2027-07-01T00:00:00.000Z',
      'callers.soc-portal.grants[0]': '* x * x *',
      'limits.alarmsPerRequest': 1000,
      'limits.bodyBytes': 1_048_576,
      'limits.maxEventLoopDelayMs': 1000,
      'upstream.deadlineMs': 10_000,
      'upstream.attemptTimeoutMs': 5000,
      'upstream.maxAttempts': 3,
      'upstream.connections': 64,
      'upstream.settleQuietMs': 20_000,
      'upstream.settleGiveUpMs': 60_000,
      'shutdown.drainDelayMs': 0,
      'shutdown.drainMs': 25_000,
      logLevel: 'info',
      docs: true,
    });
  });

  test('tells which secrets came from a file', () => {
    const variables = {
      IAM_PASSWORD: undefined,
      IAM_PASSWORD_FILE: 'iam',
      GATEWAY_DATABASE_URL_FILE: 'database',
    };
    expect(
      described(loadWith(variables, CALLERS, { iam: 'a', database: 'postgres://u:12/w@db/hss' })),
    ).toMatchObject({
      'database.kind': 'postgres',
      'database.url': 'from file',
      'projects.default.credentials.password': 'from file',
      'callers.soc-portal.keys[0].expiresAt': 'never',
    });
  });
});

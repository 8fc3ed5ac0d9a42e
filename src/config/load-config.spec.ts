import { describe, expect, test } from '@jest/globals';
import { CALLERS, ENVIRONMENT, load, loadWith, problemsIn } from './config.fixture.js';
import type { Config } from './config.js';

describe('loadConfig', () => {
  test('fills in every default', () => {
    expect(loadWith({})).toMatchObject({
      environment: 'development',
      demo: false,
      listen: { host: '127.0.0.1', port: 3000 },
      database: { kind: 'embedded', path: './data/gateway.db' },
      limits: { alarmsPerRequest: 10_000, bodyBytes: 8_388_608, requestMs: 60_000 },
      upstream: { deadlineMs: 10_000, attemptTimeoutMs: 5000, maxAttempts: 3, connections: 64 },
      logLevel: 'info',
      docs: true,
    });
  });

  test.each<[string, string, (config: Config) => unknown, unknown]>([
    ['NODE_ENV', 'production', (config) => config.environment, 'production'],
    ['NODE_ENV', 'test', (config) => config.environment, 'development'],
    ['PORT', '0', (config) => config.listen.port, 0],
    ['PORT', '65535', (config) => config.listen.port, 65_535],
    ['HOST', '::1', (config) => config.listen.host, '::1'],
    ['LOG_LEVEL', 'silent', (config) => config.logLevel, 'silent'],
    ['LOG_FORMAT', 'json', (config) => config.logFormat, 'json'],
    ['LOG_FORMAT', '', (config) => config.logFormat, undefined],
    ['GATEWAY_DOCS', '0', (config) => config.docs, false],
    ['GATEWAY_DEMO', '1', (config) => config.demo, true],
    ['GATEWAY_MAX_ALARMS', '10000', (config) => config.limits.alarmsPerRequest, 10_000],
    ['GATEWAY_REQUEST_MS', '600000', (config) => config.limits.requestMs, 600_000],
    ['GATEWAY_MAX_BODY_BYTES', '1024', (config) => config.limits.bodyBytes, 1024],
    ['GATEWAY_DEADLINE_MS', '500', (config) => config.upstream.deadlineMs, 500],
    ['GATEWAY_ATTEMPT_TIMEOUT_MS', '250', (config) => config.upstream.attemptTimeoutMs, 250],
    ['GATEWAY_MAX_EVENT_LOOP_DELAY_MS', '0', (config) => config.limits.maxEventLoopDelayMs, 0],
    ['GATEWAY_DRAIN_DELAY_MS', '120000', (config) => config.shutdown.drainDelayMs, 120_000],
    ['GATEWAY_DRAIN_MS', '0', (config) => config.shutdown.drainMs, 0],
    ['PORT', '', (config) => config.listen.port, 3000],
    [
      'GATEWAY_TRUSTED_PROXIES',
      '10.0.0.0/8, 2001:db8::1',
      (config) => config.listen.trustedProxies?.join(' '),
      '10.0.0.0/8 2001:db8::1',
    ],
    ['GATEWAY_TRUSTED_PROXIES', '', (config) => config.listen.trustedProxies, undefined],
    [
      'GATEWAY_ALLOWED_ORIGINS',
      'https://portal.example.com, http://localhost:5173',
      (config) => config.listen.allowedOrigins?.join(' '),
      'https://portal.example.com http://localhost:5173',
    ],
    ['GATEWAY_ALLOWED_ORIGINS', '', (config) => config.listen.allowedOrigins, undefined],
    ['GATEWAY_CONFIG', 'gateway.yaml', (config) => config.file, 'gateway.yaml'],
  ])('takes %s=%s', (name, value, read, expected) => {
    expect(read(loadWith({ [name]: value }))).toBe(expected);
  });

  test.each([
    ['NODE_ENV', 'prod', 'must be one of production, development, test'],
    ['PORT', '65536', 'must be a whole number from 0 to 65535'],
    ['PORT', '-1', 'must be a whole number'],
    ['PORT', '3e3', 'must be a whole number'],
    ['PORT', ' 80', 'must be a whole number'],
    ['HOST', 'localhost/x', 'must be an IP address or host name'],
    ['LOG_FORMAT', 'text', 'must be one of json, pretty'],
    ['LOG_LEVEL', 'INFO', 'did you mean "info"?'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug, trace, silent'],
    ['GATEWAY_DOCS', 'true', 'must be one of 1, 0'],
    ['GATEWAY_DEMO', 'yes', 'must be one of 1, 0'],
    ['GATEWAY_MAX_ALARMS', '0', 'from 1 to 10000'],
    ['GATEWAY_MAX_ALARMS', '10001', 'from 1 to 10000'],
    ['GATEWAY_REQUEST_MS', '999', 'from 1000 to 600000'],
    ['GATEWAY_MAX_BODY_BYTES', '1023', 'from 1024 to 67108864'],
    ['GATEWAY_DEADLINE_MS', '499', 'from 500 to 30000'],
    ['GATEWAY_ATTEMPT_TIMEOUT_MS', '30001', 'from 250 to 30000'],
    ['GATEWAY_MAX_EVENT_LOOP_DELAY_MS', '60001', 'from 0 to 60000'],
    ['GATEWAY_DRAIN_DELAY_MS', '120001', 'from 0 to 120000'],
    ['GATEWAY_DRAIN_MS', '300001', 'from 0 to 300000'],
    ['GATEWAY_REPLICA_GONE_MS', '999', 'from 1000 to 600000'],
    ['GATEWAY_PROJECT_NAME', 'my project', '1 to 64 letters'],
    ['GATEWAY_ALLOW_INSECURE_ENDPOINTS', 'on', 'must be one of 1, 0'],
    ['HSS_AUTH', 'ak/sk', 'must be one of token, aksk, ecs'],
    ['GATEWAY_ALLOWED_ORIGINS', '*', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'https://portal.example.com/', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'https://*.example.com', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'https://Portal.example.com', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'https://portal.example.com:443', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'null', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'portal.example.com', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'https://a.example.com,', 'must be origins as browsers send them'],
    ['GATEWAY_ALLOWED_ORIGINS', 'file:///x', 'must be origins as browsers send them'],
    ['GATEWAY_TRUSTED_PROXIES', '10.0.0.0/8,proxy', 'must be addresses or ranges in CIDR notation'],
    ['HSS_REGOIN', 'cn-north-4', 'did you mean HSS_REGION?'],
    ['IAM_PASSWORD_FLIE', 'password.txt', 'did you mean IAM_PASSWORD_FILE?'],
    ['GATEWAY_MAX_ALARM', '5', 'did you mean GATEWAY_MAX_ALARMS?'],
  ])('refuses %s=%s', (name, value, problem) => {
    const problems = problemsIn(() => loadWith({ [name]: value }));
    expect(Object.keys(problems)).toEqual([name]);
    expect(problems[name]).toContain(problem);
  });

  test.each(['GATEWAY_PORT', 'GATEWAY_SERVICE_HOST', 'HSS_PORT', 'IAM_PORT_443_TCP', 'POTR'])(
    'leaves %s alone, which others may set',
    (name) => {
      expect(() => loadWith({ [name]: 'tcp://10.0.0.1:80' })).not.toThrow();
    },
  );

  test('reports every problem at once, by key', () => {
    const problems = problemsIn(() =>
      load({
        PORT: 'http',
        LOG_LEVEL: 'x',
        HSS_REGION: 'cn-north-4',
        GATEWAY_CONFIG: 'none.yaml',
        IAM_PASSWORD: '',
      }),
    );
    expect(Object.keys(problems).sort()).toEqual(
      ['GATEWAY_CONFIG', 'IAM_DOMAIN_NAME', 'IAM_PASSWORD', 'IAM_USER_NAME', 'LOG_LEVEL', 'PORT'].sort(),
    );
  });

  test('says in its message what each problem says', () => {
    expect(() => loadWith({ PORT: 'http', GATEWAY_DOCS: 'on' })).toThrow(
      'the configuration has 2 problems:\n' +
        '  PORT: must be a whole number from 0 to 65535\n' +
        '  GATEWAY_DOCS: must be one of 1, 0',
    );
  });
});

describe('callers', () => {
  test('are required as soon as there is a project', () => {
    const problems = problemsIn(() => load({ ...ENVIRONMENT, GATEWAY_CONFIG: undefined }));
    expect(problems).toEqual({ callers: expect.stringContaining('nobody could use the gateway') });
  });

  test('of a file that cannot be understood are not said to be missing', () => {
    expect(Object.keys(problemsIn(() => loadWith({}, `${CALLERS}\n}`)))).toEqual(['GATEWAY_CONFIG']);
    expect(Object.keys(problemsIn(() => load({ GATEWAY_CONFIG: 'none.yaml' })))).toEqual(['GATEWAY_CONFIG']);
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

import { CALLERS, DIGEST, loadWith } from './config.fixture.js';
import { configJsonSchema } from './reference.js';

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(configJsonSchema());

/** Where an editor would see a fault. */
function faultsIn(yaml: string): string[] {
  validate(parse(yaml) ?? {});
  return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];
}

const KEYS = `keys: [{ sha256: ${DIGEST} }]`;
const GRANT = '{ operations: ["*"], projects: ["*"], enterpriseProjects: [0] }';
const withCaller = (more: string, grant = GRANT) =>
  `callers: [{ id: a, ${KEYS}, grants: [${grant}], ${more} }]`;
const withProject = (more: string) => `${CALLERS}projects: [{ name: p, region: cn-north-4, ${more} }]`;
const CREDENTIALS = 'domainName: d, userName: u';

/** What the gateway takes. */
const VALID = [
  CALLERS,
  `${CALLERS}limits:\n  # alarmsPerRequest: 50\n`,
  `${CALLERS}limits: { alarmsPerRequest: 50, bodyBytes: "2048", perCaller: { followers: 0 } }`,
  `${CALLERS}upstream: { deadlineMs: 600, settleQuietMs: 100, verify: never }\nplans: { expireMinutes: 5 }`,
  `${CALLERS}guardRails: { off: [login_range], paths: [/opt/vault, 'D:\\Vault'], widestLogin: { ipv4: 20 } }`,
  `${CALLERS}idempotency: { keepHours: 1, joinSeconds: 0 }\ndropIn: { passUnknownFields: true }`,
  withCaller('onBehalfOf: true, from: [10.0.0.0/8, "2001:db8::/32"], limits: { livePlans: 1 }'),
  withCaller('deny: [{ operations: [isolate_and_kill] }]'),
  withCaller(
    'onBehalfOf: false',
    GRANT.replace(' }', ', rights: [act], eventTypes: [1010], byIdOnly: true }'),
  ),
  withProject('projectId: 12345678901234567890123456789012'),
  withProject('projectId: a, endpoint: https://hss.example.com, enterpriseProjectId: all_granted_eps'),
  withProject(`credentials: { ${CREDENTIALS}, password: 0123 }`),
  withProject(
    `credentials: { kind: token, ${CREDENTIALS}, password: x, agencyName: a, agencyDomainName: b }`,
  ),
  withProject('credentials: { kind: aksk, ak: A, sk: S, securityToken: t }'),
  withProject('credentials: { kind: ecs-metadata, metadataEndpoint: "http://127.0.0.1:1" }'),
];

/** What it refuses, and where an editor points. */
const INVALID: [string, string][] = [
  ['colour: red', ''],
  ['limits: { bodybites: 2048 }', '/limits'],
  ['limits: 50', '/limits'],
  ['upstream: { maxAttempts: 6 }', '/upstream/maxAttempts'],
  ['upstream: { verify: sometimes }', '/upstream/verify'],
  ['plans: { expireMinutes: 56 }', '/plans/expireMinutes'],
  ['projects: []', '/projects'],
  [`callers: [{ id: Soc, ${KEYS}, grants: [${GRANT}] }]`, '/callers/0/id'],
  [`callers: [{ id: a, grants: [${GRANT}] }]`, '/callers/0'],
  [withCaller('deny: [{}]'), '/callers/0/deny/0'],
  [
    withCaller('onBehalfOf: false', '{ operations: [isolate], projects: [p] }'),
    '/callers/0/grants/0/operations/0',
  ],
  [withProject(`credentials: { ${CREDENTIALS} }`), '/projects/0/credentials'],
  [withProject(`credentials: { ${CREDENTIALS}, password: a, passwordFile: b }`), '/projects/0/credentials'],
  [withProject(`credentials: { ${CREDENTIALS}, password: a, agencyName: b }`), '/projects/0/credentials'],
];

describe('the JSON Schema of the file', () => {
  test.each(VALID)('takes what the gateway takes: %s', (yaml) => {
    expect(() => loadWith({}, yaml)).not.toThrow();
    expect(faultsIn(yaml)).toEqual([]);
  });

  test.each(INVALID)('refuses what the gateway refuses: %s', (yaml, path) => {
    expect(() => loadWith({}, yaml)).toThrow('the configuration has');
    expect(faultsIn(yaml)).toContain(path);
  });

  test('takes the example, which names it', () => {
    const example = readFileSync(
      fileURLToPath(new URL('../../../gateway.example.yaml', import.meta.url)),
      'utf8',
    );
    expect(example).toMatch(/^# yaml-language-server: \$schema=openapi\/config\.schema\.json\n/);
    expect(faultsIn(example)).toEqual([]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { CALLERS, loadWith, problemsIn } from './config.fixture.js';

describe('the YAML file', () => {
  test('sets limits, which variables override', () => {
    const yaml = `${CALLERS}
limits: { alarmsPerRequest: 50, bodyBytes: 2048 }
upstream: { deadlineMs: 600, attemptTimeoutMs: 300, maxAttempts: 5, connections: 8, settleQuietMs: 100, settleGiveUpMs: 200, verify: always }`;
    expect(loadWith({ GATEWAY_MAX_ALARMS: '60', GATEWAY_DEADLINE_MS: '700' }, yaml)).toMatchObject({
      limits: { alarmsPerRequest: 60, bodyBytes: 2048 },
      upstream: {
        deadlineMs: 700,
        attemptTimeoutMs: 300,
        maxAttempts: 5,
        connections: 8,
        settleQuietMs: 100,
        settleGiveUpMs: 200,
        verify: 'always',
      },
    });
  });

  test('may leave a mapping empty', () => {
    expect(loadWith({}, `${CALLERS}\nlimits:\n  # alarmsPerRequest: 50\n`).limits.alarmsPerRequest).toBe(
      10_000,
    );
  });

  test('may repeat a part by alias', () => {
    const yaml = CALLERS.replace('["*"], projects: ["*"]', '&all ["*"], projects: *all');
    expect(loadWith({}, yaml).callers[0]?.grants[0]?.projects).toEqual(['*']);
  });

  test('is reported by variable and reason when it cannot be read', () => {
    expect(problemsIn(() => loadWith({ GATEWAY_CONFIG: '/etc/nowhere.yaml' }))).toEqual({
      GATEWAY_CONFIG: 'names a file that cannot be read (ENOENT): check its path and permissions',
    });
  });

  test.each([
    [
      'an unknown key',
      'colour: red',
      'colour',
      'the keys here are projects, callers, issuers, limits, upstream',
    ],
    ['a misspelt key', 'limit: {}', 'limit', 'did you mean "limits"?'],
    [
      'a misspelt key further in',
      'limits: { bodybites: 2048 }',
      'limits.bodybites',
      'did you mean "bodyBytes"?',
    ],
    [
      'a text for a mapping',
      'limits: 50',
      'limits',
      'must be a mapping with the keys alarmsPerRequest, bodyBytes, requestMs, maxEventLoopDelayMs',
    ],
    ['a text for a list', 'projects: prod', 'projects', 'must be a list of at least one project'],
    ['an empty list', 'projects: []', 'projects', 'must be a list of at least one project'],
    ['too many attempts', 'upstream: { maxAttempts: 6 }', 'upstream.maxAttempts', 'from 1 to 5'],
    [
      'a hasty settlement',
      'upstream: { settleQuietMs: 99 }',
      'upstream.settleQuietMs',
      'from 100 to 3600000',
    ],
    [
      'a late settlement',
      'upstream: { settleGiveUpMs: 3600001 }',
      'upstream.settleGiveUpMs',
      'from 100 to 3600000',
    ],
    ['no connection', 'upstream: { connections: 0 }', 'upstream.connections', 'from 1 to 1024'],
    ['a list for a number', 'upstream: { deadlineMs: [500] }', 'upstream.deadlineMs', 'from 500 to 30000'],
    [
      'an item that is no mapping',
      'projects: [prod]',
      'projects[0]',
      'must be a mapping with the keys name, region',
    ],
  ])('is refused with %s', (_, line, key, problem) => {
    const problems = problemsIn(() => loadWith({}, `${CALLERS}${line}\n`));
    expect(Object.keys(problems)).toEqual([key]);
    expect(problems[key]).toContain(problem);
  });

  test.each([
    ['a broken quote', 'limits: "x', 'line 7', 'not valid YAML'],
    ['a repeated key', 'limits: {}\nlimits: {}', 'line 7', 'repeats a key'],
    ['a tab', 'limits:\n\talarmsPerRequest: 5', 'line 7', 'tab'],
    ['a tag', 'limits: { bodyBytes: !!int 2048 }', 'line 6', 'has a tag'],
    ['a second document', '---\nlimits: {}', 'line 6', 'second document'],
    ['a merge key', 'limits:\n  <<: { bodyBytes: 2048 }', 'line 7', 'a key that no setting has'],
    ['an unquoted comma', 'limits: { bodyBytes: 1,024 }', 'line 6', 'a key that no setting has'],
    ['an alias for nothing', 'limits: *nowhere', '', 'alias'],
  ])('is refused by line with %s', (_, line, place, problem) => {
    const problems = problemsIn(() => loadWith({}, `${CALLERS}${line}\n`));
    expect(Object.keys(problems)).toEqual(['GATEWAY_CONFIG']);
    expect(problems['GATEWAY_CONFIG']).toContain(place);
    expect(problems['GATEWAY_CONFIG']).toContain(problem);
  });

  test('is refused when it is not a mapping', () => {
    expect(problemsIn(() => loadWith({}, '- a\n- b'))['GATEWAY_CONFIG']).toContain('must be a mapping');
  });

  test('is refused rather than blown up by aliases of aliases', () => {
    const names = [...'abcdefghij'];
    const bomb = names
      .map((name, index) => `${name}: &${name} [${`*${names[index - 1]},`.repeat(10)}]`)
      .join('\n');
    expect(problemsIn(() => loadWith({}, bomb.replaceAll('*undefined', 'x')))['GATEWAY_CONFIG']).toContain(
      'alias',
    );
  });
});

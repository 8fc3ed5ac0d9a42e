import { describe, expect, test } from '@jest/globals';
import { rereadAccess } from './load-config.js';
import { CALLERS, DIGEST, problemsIn } from './config.fixture.js';

const GRANT = 'grants: [{ operations: ["*"], projects: [coming], enterpriseProjects: ["0"] }]';

describe('callers that are read again', () => {
  test('are those of the new text, frozen', () => {
    const { callers } = rereadAccess(CALLERS, ['prod'], false);
    expect(callers.map(({ id }) => id)).toEqual(['soc-portal']);
    expect(Object.isFrozen(callers[0]?.grants)).toBe(true);
  });

  test('do not wait for the rest of the file to be right', () => {
    const text = `${CALLERS}\nlimits: { alarmsPerRequest: many }\nprojects: [{ name: x, region: nowhere }]\n`;
    expect(rereadAccess(text, ['prod'], false).callers).toHaveLength(1);
  });

  test('may be granted a project that is in the file and not running yet', () => {
    const text = `callers: [{ id: a, keys: [{ sha256: ${DIGEST} }], ${GRANT} }]`;
    expect(Object.keys(problemsIn(() => rereadAccess(text, ['prod'], false)))).toEqual([
      'callers[0].grants[0].projects[0]',
    ]);
    expect(rereadAccess(`${text}\nprojects: [{ name: coming }]`, ['prod'], false).callers).toHaveLength(1);
  });

  test.each([
    ['nothing', ''],
    ['half a file', CALLERS.slice(0, 60)],
    ['no YAML', 'callers: "'],
    ['a misspelt key', CALLERS.replace('callers', 'caller')],
    ['a bad caller among good ones', `${CALLERS}  - { id: x }\n`],
  ])('are refused as a whole when there is %s', (_, text) => {
    expect(Object.keys(problemsIn(() => rereadAccess(text, ['prod'], false)))).not.toEqual([]);
  });
});

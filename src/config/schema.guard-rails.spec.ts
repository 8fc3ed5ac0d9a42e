import { describe, expect, test } from '@jest/globals';

import { CALLERS, loadWith, problemsIn } from './config.fixture.js';

const rails = (text: string) => loadWith({}, `${CALLERS}\nguardRails: ${text}\n`).guardRails;

describe('the guard rails of the configuration', () => {
  test('are what is written, and only the widest range of logins where nothing is', () => {
    const widestLogin = { ipv4: 24, ipv6: 64 };
    expect(rails('{}')).toEqual({ widestLogin });
    expect(
      rails('{ version: "2026-11", off: [login_range], paths: [/opt/vault], hosts: [agent-9] }'),
    ).toEqual({
      version: '2026-11',
      off: ['login_range'],
      paths: ['/opt/vault'],
      hosts: ['agent-9'],
      widestLogin,
    });
  });

  test.each(['opt/vault', '/opt/../etc', '/opt/./x', 'D:vault', 'D:\\\\%x%', 'D:\\\\x:y', 'D:/...'])(
    'protect no path that could name more than one place: %s',
    (path) => {
      expect(Object.keys(problemsIn(() => rails(`{ paths: ["${path}"] }`)))).toEqual(['guardRails.paths[0]']);
    },
  );

  test('let logins be trusted from ranges as wide as they say, each kind by itself', () => {
    expect(rails('{ widestLogin: { ipv4: 20 } }')).toEqual({ widestLogin: { ipv4: 20, ipv6: 64 } });
    expect(rails('{ widestLogin: { ipv6: 56 } }')).toEqual({ widestLogin: { ipv4: 24, ipv6: 56 } });
  });

  test('never let anybody be trusted from everywhere', () => {
    const problems = problemsIn(() => rails('{ widestLogin: { ipv4: 15, ipv6: 0 } }'));
    expect(Object.keys(problems)).toEqual(['guardRails.widestLogin.ipv4', 'guardRails.widestLogin.ipv6']);
  });
});

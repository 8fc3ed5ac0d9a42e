import { describe, expect, test } from '@jest/globals';

import { CALLERS, loadWith, problemsIn } from './config.fixture.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const sinks = (...written: string[]) =>
  `${CALLERS}\naudit:\n  sinks:\n${written.map((sink) => `    - ${sink}`).join('\n')}\n`;
const sinksIn = (yaml: string, files?: Record<string, string>) => loadWith({}, yaml, files).audit.sinks;
const webhook = (url: string, secret = SECRET) =>
  `{ name: siem, kind: webhook, url: '${url}', secret: ${secret} }`;

describe('sinks', () => {
  test('are none where none is configured', () => {
    expect(loadWith({}).audit).toEqual({ verifySeconds: 60 });
  });

  test('are read with their defaults', () => {
    const file = '{ name: disk, kind: file, path: /var/log/trail.ndjson }';
    expect(sinksIn(sinks(file, webhook('https://siem.example.com')))).toEqual([
      {
        ...{ name: 'disk', kind: 'file', format: 'ndjson', from: 'start' },
        ...{ path: '/var/log/trail.ndjson', rotateBytes: 104_857_600, keep: 10 },
      },
      {
        ...{ name: 'siem', kind: 'webhook', format: 'ndjson', from: 'start' },
        ...{ url: 'https://siem.example.com/', secret: SECRET },
      },
    ]);
  });

  test('take their secret from a file', () => {
    const sink =
      '{ name: siem, kind: webhook, url: https://siem.example.com, secretFile: s, format: ocsf, from: now }';
    expect(sinksIn(sinks(sink), { s: `${SECRET}\n` })).toEqual([
      expect.objectContaining({ secret: SECRET, secretFile: 's', format: 'ocsf', from: 'now' }),
    ]);
  });

  test.each(['http://siem.example.com/in', 'http://10.0.0.1'])(
    'post to %s only where that is allowed',
    (url) => {
      expect(problemsIn(() => loadWith({}, sinks(webhook(url))))).toEqual({
        'audit.sinks[0].url': expect.stringContaining('must begin with https'),
      });
      expect(
        loadWith({ GATEWAY_ALLOW_INSECURE_ENDPOINTS: '1' }, sinks(webhook(url))).audit.sinks,
      ).toHaveLength(1);
    },
  );

  test.each(['http://127.0.0.1:9000/in?a=b', 'http://localhost', 'https://siem.example.com:8443/a'])(
    'post to %s',
    (url) => expect(sinksIn(sinks(webhook(url)))).toHaveLength(1),
  );

  test.each([
    'ftp://siem.example.com',
    'https://user:word@siem.example.com',
    'https://siem.example.com/#a',
    'siem',
  ])('do not post to %s', (url) =>
    expect(problemsIn(() => loadWith({}, sinks(webhook(url))))).toEqual({
      'audit.sinks[0].url': expect.stringContaining('must be an address'),
    }),
  );

  test.each(['secret', 'whsec_short', `whsec_${'A'.repeat(33)}`, SECRET.slice(6)])(
    'are signed with no secret such as %s',
    (secret) => {
      const problems = problemsIn(() => loadWith({}, sinks(webhook('https://siem.example.com', secret))));
      expect(problems).toEqual({ 'audit.sinks[0].secret': expect.stringContaining('must be whsec_') });
    },
  );

  test('have names and files of their own', () => {
    const one = '{ name: disk, kind: file, path: a }';
    expect(problemsIn(() => loadWith({}, sinks(one, one)))).toEqual({
      'audit.sinks[1].name': expect.stringContaining('repeats the name of another sink'),
      'audit.sinks[1].path': expect.stringContaining('repeats the file of another sink'),
    });
  });

  test('that are nothing known are refused', () => {
    expect(problemsIn(() => loadWith({}, sinks('{ name: disk, kind: fle, path: a }')))).toEqual({
      'audit.sinks[0].kind': expect.stringContaining('did you mean "file"?'),
    });
  });
});

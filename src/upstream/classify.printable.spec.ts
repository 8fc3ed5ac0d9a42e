import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { printableMessage } from './classify.js';

describe('a message of upstream that is shown', () => {
  it.each<[unknown, string | undefined]>([
    ['agent offline', 'agent offline'],
    ['拒绝访问', '拒绝访问'],
    ['  two\r\nlines\tand\u0000more ', 'two lines and more'],
    ['\u202eright to left\u202c \u200bhidden', 'right to left hidden'],
    ['a lone \ud800 half', 'a lone half'],
    ['', undefined],
    [' \n ', undefined],
    [7, undefined],
    [null, undefined],
    [{}, undefined],
    [
      'event 2a71e1e2-60f4-4d56-b314-2038fdc39de6 not found',
      'event 2a71e1e2-60f4-4d56-b314-2038fdc39de6 not found',
    ],
    ['file /usr/bin/sshd is protected', 'file /usr/bin/sshd is protected'],
    ['The username or password is wrong.', 'The username or password is wrong.'],
    ['the token must be updated', 'the token must be updated'],
    [
      'policy user over ratelimit,limit:60,time:1 minute',
      'policy user over ratelimit,limit:60,time:1 minute',
    ],
  ])('%j reads %j', (value, expected) => {
    expect(printableMessage(value)).toBe(expected);
  });

  it.each([
    ['password=Hunter2', 'Hunter2'],
    ['"password": "Hunter2"', 'Hunter2'],
    ['the secret: Hunter2, sent', 'Hunter2'],
    ['X-Auth-Token：Hunter2', 'Hunter2'],
    ['Authorization=Hunter2', 'Hunter2'],
    ['Access=AKIDEXAMPLE, Signature=Hunter2', 'Hunter2'],
    ['secret key=Hunter2', 'Hunter2'],
    ['the password Hunter2 is wrong', 'Hunter2'],
    ["wrong passwd 'Hunter2'", 'Hunter2'],
    [`token MIIE${'aB3-'.repeat(20)} expired`, 'aB3-aB3-'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is bad', 'eyJzdWIiOiJ4In0'],
    [`key ${'K'.repeat(40)} unknown`, 'KKKK'],
  ])('hides what looks like a secret: %s', (message, secret) => {
    expect(printableMessage(message)).toContain('***');
    expect(printableMessage(message)).not.toContain(secret);
  });

  it('hides secrets of ours, whatever they look like', () => {
    const secret = fc.string({ minLength: 4, maxLength: 30 }).filter((text) => !'***…'.includes(text));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (hidden, before, after) => {
        const shown = printableMessage(before + hidden + after, [hidden]) ?? '';
        if (
          /^[\w$]+$/.test(hidden) &&
          !before.includes(hidden.slice(0, 2)) &&
          !after.includes(hidden.slice(-2))
        ) {
          expect(shown).not.toContain(hidden);
        }
      }),
    );
  });

  it('is one short line that breaks nothing, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000, size: 'max' }), (text) => {
        const shown = printableMessage(text);
        if (shown === undefined) return;
        expect([...shown].length).toBeLessThanOrEqual(256);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(shown.trim()).toBe(shown);
      }),
      { numRuns: 1_000 },
    );
  });

  it('costs no more for a long one', () => {
    const shown = printableMessage('x '.repeat(8_000_000));
    expect([...(shown ?? '')]).toHaveLength(256);
  });
});

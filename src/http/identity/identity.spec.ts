import { describe, expect, it } from '@jest/globals';

import { AuthenticationProblem } from './identity.js';
import { presentedBy } from './authentication.js';

/** As Node reads them: the first Authorization counts, other repeated headers are joined. */
function request(...raw: [string, string][]) {
  const of = (name: string) => raw.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const [authorization] = of('authorization');
  const apiKeys = of('x-api-key');
  return {
    headers: { authorization, 'x-api-key': apiKeys.length === 0 ? undefined : apiKeys.join(', ') },
    rawHeaders: [['Host', 'gateway'], ...raw].flat(),
  };
}

function refused(...raw: [string, string][]): AuthenticationProblem {
  try {
    presentedBy(request(...raw));
  } catch (error) {
    if (error instanceof AuthenticationProblem) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('what a request presents', () => {
  it.each<[string, [string, string], { text: string; bearer: boolean }]>([
    ['a bearer key', ['Authorization', 'Bearer one'], { text: 'one', bearer: true }],
    ['in any letter case and with spaces', ['AUTHORIZATION', 'bearer   one'], { text: 'one', bearer: true }],
    ['an X-Api-Key', ['X-Api-Key', 'one'], { text: 'one', bearer: false }],
    [
      'an X-Api-Key that looks like a bearer',
      ['X-Api-Key', 'Bearer one'],
      { text: 'Bearer one', bearer: false },
    ],
  ])('is %s', (_, header, presented) => {
    expect(presentedBy(request(header))).toEqual(presented);
  });

  it.each<[string, [string, string][], string]>([
    ['nothing', [], 'missing_key'],
    ['an empty X-Api-Key', [['X-Api-Key', '']], 'missing_key'],
    ['another scheme', [['Authorization', 'Basic bmV3LWtleTo=']], 'invalid_authorization'],
    ['an empty Authorization', [['Authorization', '']], 'invalid_authorization'],
    ['two keys in one header', [['Authorization', 'Bearer one two']], 'invalid_authorization'],
    [
      'both headers',
      [
        ['Authorization', 'Bearer one'],
        ['X-Api-Key', 'one'],
      ],
      'two_keys',
    ],
    [
      'two Authorizations',
      [
        ['Authorization', 'Bearer one'],
        ['authorization', 'Bearer two'],
      ],
      'two_keys',
    ],
    [
      'the same one twice',
      [
        ['Authorization', 'Bearer one'],
        ['authorization', 'Bearer one'],
      ],
      'two_keys',
    ],
    [
      'two X-Api-Keys',
      [
        ['X-Api-Key', 'one'],
        ['x-api-key', 'two'],
      ],
      'two_keys',
    ],
  ])('is not %s', (_, headers, code) => {
    expect(refused(...headers)).toMatchObject({ status: 401, code });
  });

  it('is never repeated in a refusal', () => {
    const planted = refused(['Authorization', 'planted'], ['X-Api-Key', 'planted']);
    expect(JSON.stringify([planted.detail, planted.extras, planted.message])).not.toContain('planted');
  });
});

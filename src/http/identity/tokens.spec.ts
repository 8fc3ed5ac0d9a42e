import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportSPKI, generateKeyPair, type CryptoKey } from 'jose';

import type { Caller } from '../../domain/caller.js';
import { ISSUER } from './identity.fixture.js';
import { looksLikeToken } from './tokens.js';
import { claim, TokenRig, EC, ED, part, RSA, signer } from './token.fixture.js';

const portal: Caller = { id: 'portal', grants: [] };
let rig: TokenRig;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(() => {
  rig = new TokenRig({ caller: portal, claims: [claim('azp', 'portal')] });
});

describe('a token', () => {
  it.each([
    ['RS256', RSA],
    ['ES256', EC],
    ['EdDSA', ED],
  ] as const)('signed by %s with a key of its issuer is believed', async (_, by) => {
    const { caller: found, credential } = await rig.verifier.verify(await rig.token({ by }), 'digest');
    expect(found).toBe(portal);
    expect(credential).toEqual({
      kind: 'token',
      id: 'corporate:service-7',
      expiresAt: rig.clock.now() + 300_000,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['JWT', { typ: 'JWT' }],
    ['at+jwt with its prefix', { typ: 'application/at+jwt' }],
    ['AT+JWT', { typ: 'AT+JWT' }],
  ])('may be of type %s', async (_, header) => {
    expect((await rig.verifier.verify(await rig.token({ header }), 'digest')).caller).toBe(portal);
  });

  it('may name several audiences, this gateway among them', async () => {
    const text = await rig.token({ claims: { aud: ['other', 'hss-gateway'] } });
    expect((await rig.verifier.verify(text, 'digest')).caller).toBe(portal);
  });

  it.each<[string, Record<string, unknown>]>([
    ['expired 59 seconds ago', { exp: -59 }],
    ['is valid from in 59 seconds', { nbf: 59 }],
  ])('is believed when it %s: clocks differ', async (_, offsets) => {
    const claims = Object.fromEntries(
      Object.entries(offsets).map(([name, offset]) => [name, rig.seconds + Number(offset)]),
    );
    expect((await rig.verifier.verify(await rig.token({ claims }), 'digest')).caller).toBe(portal);
  });

  it('shows no subject that is no text, and no time that no calendar has', async () => {
    const { credential } = await rig.verifier.verify(
      await rig.token({ claims: { sub: 7, exp: 1e300 } }),
      'digest',
    );
    expect(credential.id).toBe('corporate');
    expect(new Date(credential.expiresAt ?? NaN).getTime()).toBe(8.64e15);
  });

  it('shows a bounded part of an endless subject', async () => {
    const { credential } = await rig.verifier.verify(
      await rig.token({ claims: { sub: 's'.repeat(5_000) } }),
      'digest',
    );
    expect(credential.id).toBe(`corporate:${'s'.repeat(256)}`);
  });
});

describe('a token is refused', () => {
  const hostile: [string, () => Promise<string> | string, string][] = [
    [
      'that is not signed',
      () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(rig.usual())}.`,
      'cannot be trusted',
    ],
    [
      'that says it is not signed and is',
      async () =>
        `${part({ alg: 'none', typ: 'at+jwt' })}.${(await rig.token()).split('.').slice(1).join('.')}`,
      'cannot be trusted',
    ],
    [
      'that is signed with the text of a public key as if it were a secret',
      async () =>
        rig.token({
          key: new TextEncoder().encode(await exportSPKI(RSA.publicKey)),
          header: { alg: 'HS256' },
        }),
      'cannot be trusted',
    ],
    [
      'that is signed with the bytes of a public key as if they were a secret',
      () => rig.token({ key: Buffer.from(String(RSA.jwk['n']), 'base64url'), header: { alg: 'HS256' } }),
      'cannot be trusted',
    ],
    [
      'that is signed by an algorithm of the same key that is not allowed',
      async () => rig.token({ ...(await pss()), header: { alg: 'PS256' } }),
      'cannot be trusted',
    ],
    [
      'whose key is of another kind than its algorithm',
      () => rig.token({ by: EC, header: { kid: 'rsa' } }),
      'cannot be trusted',
    ],
    [
      'that a stranger signed in the name of a known key',
      async () => rig.token({ by: { ...(await signer('rsa', 'RS256')) } }),
      'cannot be trusted',
    ],
    [
      'that brings its own key',
      async () => {
        const stranger = await signer('mine', 'RS256');
        return rig.token({
          by: stranger,
          header: { jwk: stranger.jwk, jku: 'https://evil.example/jwks' },
        });
      },
      'cannot be trusted',
    ],
    ['whose key is not known', () => rig.token({ header: { kid: 'other' } }), 'cannot be trusted'],
    ['that was changed', async () => changed(await rig.token()), 'cannot be trusted'],
    [
      'with a header that must be understood',
      async () =>
        [
          part({ alg: 'RS256', kid: 'rsa', typ: 'jwt', crit: ['x'], x: 1 }),
          ...(await rig.token()).split('.').slice(1),
        ].join('.'),
      'cannot be trusted',
    ],
    ['of no type', () => rig.token({ header: { typ: undefined } }), 'type (typ)'],
    ['of another type', () => rig.token({ header: { typ: 'dpop+jwt' } }), 'type (typ)'],
    ['whose type is no text', () => rig.token({ header: { typ: ['at+jwt'] as never } }), 'type (typ)'],
    ['for another audience', () => rig.token({ claims: { aud: 'other' } }), '(aud)'],
    ['for no audience', () => rig.token({ claims: { aud: undefined } }), '(aud)'],
    ['of another issuer', () => rig.token({ claims: { iss: `${ISSUER.issuer}/` } }), 'issuer of the token'],
    ['of no issuer', () => rig.token({ claims: { iss: undefined } }), 'issuer of the token'],
    ['of an issuer in a list', () => rig.token({ claims: { iss: [ISSUER.issuer] } }), 'issuer of the token'],
    ['whose issuer is no text', () => rig.token({ claims: { iss: { toString: 1 } } }), 'cannot be trusted'],
    ['that never expires', () => rig.token({ claims: { exp: undefined } }), '(exp)'],
    ['that expires at a text', () => rig.token({ claims: { exp: '9999999999' } }), '(exp)'],
    ['that is not valid yet', () => rig.token({ claims: { nbf: rig.seconds + 61 } }), '(nbf)'],
    ['that is too long', () => rig.token({ claims: { filler: 'x'.repeat(8_192) } }), 'longer than 8192'],
    ['that is no JSON', () => 'e30x.e30x.e30x', 'cannot be trusted'],
    ['of five parts', () => 'a.b.c.d.e', 'cannot be trusted'],
  ];

  it.each(hostile)('%s', async (_, make, detail) => {
    const problem = await rig.refused(await make());
    expect(problem).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(problem.detail).toContain(detail);
  });

  it('that expired', async () => {
    const text = await rig.token({ claims: { exp: rig.seconds - 60 } });
    expect(await rig.refused(text)).toMatchObject({ status: 401, code: 'expired_token' });
  });

  it('without a word of what is in it', async () => {
    const planted = { iss: 'planted', sub: 'planted', aud: 'planted', azp: 'planted' };
    for (const [name, value] of Object.entries(planted)) {
      const { detail, extras, message } = await rig.refused(
        await rig.token({ claims: { [name]: value, exp: 1 } }),
      );
      expect(JSON.stringify([detail, extras, message])).not.toContain('planted');
    }
  });

  it('for the time being when the keys of its issuer cannot be fetched', async () => {
    rig.published.text = undefined;
    expect(await rig.refused(await rig.token())).toMatchObject({
      status: 503,
      code: 'issuer_unavailable',
      extras: { retryable: true, retryAfter: 5 },
    });
  });

  it('for the time being in anybody’s name then, so that answers do not reveal which issuers are trusted', async () => {
    rig.published.text = undefined;
    const stranger = { ...(await signer('rsa', 'RS256')) };
    const answers = await Promise.all(
      [{}, { claims: { iss: 'https://other.example' } }].map(async (made) =>
        rig.refused(await rig.token({ by: stranger, ...made })),
      ),
    );
    expect(answers.map(({ code, detail }) => [code, detail])).toEqual(
      Array(2).fill(['issuer_unavailable', answers[0]?.detail]),
    );
    expect(answers[0]?.detail).not.toContain(ISSUER.name);
  });

  it('in the very same words, and after the same reading of keys, whether its issuer and its key are known or not', async () => {
    const stranger = await signer('rsa', 'RS256');
    const told = new Set<string>();
    for (const iss of [ISSUER.issuer, 'https://other.example', undefined]) {
      for (const kid of ['rsa', 'other', undefined]) {
        for (const typ of ['at+jwt', 'x']) {
          const own = new TokenRig({ caller: portal, claims: [claim('azp', 'portal')] });
          const made = { by: stranger, header: { kid, typ }, claims: { iss } };
          const { status, code, detail, extras } = await own.refused(await own.token(made));
          told.add(JSON.stringify([status, code, detail, extras, own.published.reads]));
        }
      }
    }
    expect([...told]).toHaveLength(1);
  });
});

it.each([
  ['a.b.c', true],
  ['a.b.', true],
  ['a-_.b.c', true],
  ['a.b', false],
  ['a.b.c.d', false],
  ['hssgw_prod_x_y', false],
  ['a.b.c=', false],
])('"%s" looks like a token: %s', (text, expected) => {
  expect(looksLikeToken(text)).toBe(expected);
});

async function pss(): Promise<{ key: CryptoKey }> {
  const { privateKey } = await generateKeyPair('PS256', { extractable: true });
  return { key: privateKey };
}

/** The same token with other claims. */
function changed(text: string): string {
  const [header, , signature] = text.split('.');
  return [header, part({ ...rig.usual(), azp: 'admin' }), signature].join('.');
}

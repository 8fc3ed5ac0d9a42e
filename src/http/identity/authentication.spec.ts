import { hash } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import type { KeyUseStore } from '../../audit/index.js';
import type { CallerConfig, Config, KeyConfig } from '../../config/config.js';
import { makeApiKey, KeyUses } from './api-keys.js';
import { IssuedTokens } from './issued-tokens.js';
import { Authentication } from './authentication.js';
import { AuthenticationProblem, type Identity } from './identity.js';
import { CallerDirectory } from './caller-directory.js';
import { PublishedKeys, StoppedClock } from './identity.fixture.js';

const HERE = '10.1.2.3';
const ELSEWHERE = '192.0.2.7';

let clock: StoppedClock;
let directory: CallerDirectory;
let authentication: Authentication;

const key = (text: string, more: Partial<KeyConfig> = {}): KeyConfig => ({
  sha256: hash('sha256', text),
  ...more,
});
const caller = (id: string, keys: KeyConfig[], more: Partial<CallerConfig> = {}): CallerConfig => ({
  id,
  keys,
  grants: [],
  ...more,
});

function open(...callers: CallerConfig[]): void {
  const uses = new KeyUses({} as KeyUseStore, clock);
  directory = new CallerDirectory({ callers } as unknown as Config, uses, new PublishedKeys(), clock);
  authentication = new Authentication(directory, new IssuedTokens({} as Config, clock), clock);
}

const knock = (text: string, origin = HERE) =>
  authentication.authenticate({ text, bearer: true }, origin) as Identity;

function refused(text: string, origin = HERE): AuthenticationProblem {
  try {
    knock(text, origin);
  } catch (error) {
    if (error instanceof AuthenticationProblem) return error;
    throw error;
  }
  throw new Error('it was let in');
}

beforeEach(() => {
  clock = new StoppedClock();
});

describe('a key', () => {
  beforeEach(() => {
    open(
      caller('portal', [key('old-key', { id: 'old', expiresAt: clock.now() + 1_000 }), key('new-key')]),
      caller('bot', [key('bot-key')]),
    );
  });

  it('identifies its caller, whichever of its keys it is', () => {
    expect(['old-key', 'new-key', 'bot-key'].map((text) => knock(text).caller.id)).toEqual([
      'portal',
      'portal',
      'bot',
    ]);
    expect(knock('old-key').credential).toEqual({ kind: 'key', id: 'old', expiresAt: clock.now() + 1_000 });
  });

  it('is refused from the moment it expires, and the record says whose it was', () => {
    clock.pass(999);
    expect(knock('old-key').caller.id).toBe('portal');
    clock.pass(1);
    expect(refused('old-key')).toMatchObject({
      status: 401,
      code: 'expired_key',
      whose: { caller: { id: 'portal' }, credential: { id: 'old' } },
    });
    expect(knock('new-key').caller.id).toBe('portal');
  });

  it.each(['newkey', 'new-key ', '', 'k'.repeat(100_000), hash('sha256', 'new-key')])(
    'that is not known is refused',
    (text) => {
      expect(refused(text)).toMatchObject({ status: 401, code: 'invalid_key' });
    },
  );

  it('with a typing error is distinguished from one that is not known', () => {
    const { text } = makeApiKey('prod');
    expect(refused(text)).toMatchObject({ code: 'invalid_key' });
    expect(refused(text.slice(0, -1))).toMatchObject({ status: 401, code: 'mistyped_key' });
  });

  it('works whatever it looks like, when its digest is known', () => {
    const { text } = makeApiKey('prod');
    const odd = [text.slice(0, -1), 'a.b.c', 'short', 'ключ'];
    open(
      caller(
        'odd',
        odd.map((each) => key(each)),
      ),
    );
    expect(odd.map((each) => knock(each).caller.id)).toEqual(odd.map(() => 'odd'));
  });

  it('is never repeated in a refusal', () => {
    const { detail, message, extras } = refused('planted-secret');
    expect(JSON.stringify([detail, message, extras])).not.toContain('planted');
  });

  it('stops working when callers are read again without it, and the others go on', () => {
    directory.replace({ callers: [caller('portal', [key('newer-key')])] });
    expect(refused('new-key').code).toBe('invalid_key');
    expect(refused('bot-key').code).toBe('invalid_key');
    expect(knock('newer-key').caller.id).toBe('portal');
  });
});

describe('an address', () => {
  it.each<[string, CallerConfig]>([
    ['a key', caller('bot', [key('bot-key', { from: ['10.0.0.0/8'] })])],
    ['a caller', caller('bot', [key('bot-key')], { from: ['10.0.0.0/8'] })],
  ])('that %s is not allowed to be used from is refused', (_, config) => {
    open(config);
    expect(knock('bot-key', HERE).caller.id).toBe('bot');
    expect(refused('bot-key', ELSEWHERE)).toMatchObject({
      status: 403,
      code: 'address_not_allowed',
      whose: { caller: { id: 'bot' } },
    });
  });

  it('must be allowed to the caller and to the key', () => {
    open(caller('bot', [key('bot-key', { from: ['10.1.0.0/16'] })], { from: ['10.0.0.0/8'] }));
    expect(knock('bot-key', '10.1.2.3').caller.id).toBe('bot');
    for (const ip of ['10.2.0.0', '192.0.2.7']) expect(refused('bot-key', ip).status).toBe(403);
  });
});

describe('when a key was last used', () => {
  const lastUse = () => directory.current.callers.get('bot')?.keys[0]?.use.at;

  it('is when it was last let in, not when it was refused, and outlives a reading of the callers', () => {
    const config = caller('bot', [key('bot-key', { from: ['10.0.0.0/8'] })]);
    open(config);
    expect(lastUse()).toBeUndefined();
    refused('bot-key', ELSEWHERE);
    expect(lastUse()).toBeUndefined();
    knock('bot-key');
    clock.pass(5_000);
    knock('bot-key');
    directory.replace({ callers: [config] });
    clock.pass(5_000);
    refused('bot-key', ELSEWHERE);
    expect(lastUse()).toBe(clock.now() - 5_000);
  });
});

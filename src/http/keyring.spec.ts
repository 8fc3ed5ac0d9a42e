import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import type { Config } from '../config/config.js';
import type { Caller } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import { Keyring } from './keyring.js';
import { Problem } from './problem.js';

const NOW = Date.parse('2026-08-16T09:00:00Z');

class StoppedClock extends Clock {
  time = NOW;
  now = (): number => this.time;
  wait = (): Promise<void> => Promise.resolve();
  schedule = () => () => undefined;
}

const key = (text: string, expiresAt?: number) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  ...(expiresAt !== undefined && { expiresAt }),
});

function keyring(clock: Clock = new StoppedClock()): Keyring {
  const callers = [
    { id: 'portal', keys: [key('old-key', NOW + 1_000), key('new-key')], grants: [] },
    { id: 'bot', keys: [key('bot-key')], grants: [] },
  ];
  return new Keyring({ callers } as unknown as Config, clock);
}

type Headers = Parameters<Keyring['recognise']>[0];

function refusal(headers: Headers, ring = keyring()): Problem {
  try {
    ring.recognise(headers);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was let in');
}

describe('a keyring', () => {
  it.each<[string, Headers, string]>([
    ['a bearer token', { authorization: 'Bearer new-key' }, 'portal'],
    ['a bearer token in any letter case', { authorization: 'bearer  bot-key' }, 'bot'],
    ['an X-Api-Key', { 'x-api-key': 'bot-key' }, 'bot'],
    ['either of two live keys', { authorization: 'Bearer old-key' }, 'portal'],
  ])('knows the caller by %s', (_, headers, id) => {
    const caller: Caller = keyring().recognise(headers);
    expect(caller.id).toBe(id);
  });

  it.each<[string, Headers, string]>([
    ['no key', {}, 'missing_key'],
    ['an empty key', { 'x-api-key': '' }, 'missing_key'],
    ['a key of endless length', { 'x-api-key': 'k'.repeat(100_000) }, 'missing_key'],
    ['another way to authenticate', { authorization: 'Basic bmV3LWtleTo=' }, 'invalid_authorization'],
    ['an empty Authorization', { authorization: '' }, 'invalid_authorization'],
    ['two keys in one header', { authorization: 'Bearer new-key bot-key' }, 'invalid_authorization'],
    [
      'both headers, even with one key',
      { authorization: 'Bearer new-key', 'x-api-key': 'new-key' },
      'two_keys',
    ],
    ['a wrong key', { authorization: 'Bearer newkey' }, 'invalid_key'],
    ['a key with something after it', { 'x-api-key': 'new-key ' }, 'invalid_key'],
    ['the digest of a key', { 'x-api-key': key('new-key').sha256 }, 'invalid_key'],
  ])('refuses %s', (_, headers, code) => {
    expect(refusal(headers)).toMatchObject({ status: 401, code });
  });

  it('refuses a key from the moment it expires', () => {
    const clock = new StoppedClock();
    const ring = keyring(clock);
    clock.time = NOW + 999;
    expect(ring.recognise({ authorization: 'Bearer old-key' }).id).toBe('portal');
    clock.time = NOW + 1_000;
    expect(refusal({ authorization: 'Bearer old-key' }, ring)).toMatchObject({
      status: 401,
      code: 'expired_key',
    });
    expect(ring.recognise({ authorization: 'Bearer new-key' }).id).toBe('portal');
  });

  it('never repeats what was presented', () => {
    const presented: Headers[] = [
      { authorization: 'Bearer planted-secret' },
      { authorization: 'planted-secret' },
      { authorization: 'Bearer planted-secret', 'x-api-key': 'planted-secret' },
    ];
    for (const headers of presented) expect(JSON.stringify(refusal(headers))).not.toContain('planted-secret');
  });
});
